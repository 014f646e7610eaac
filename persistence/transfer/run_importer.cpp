#include "persistence/transfer/run_importer.hpp"

#include <map>
#include <set>
#include <utility>

#include <pawl/assert.hpp>
#include <pawl/detail/hex.hpp>
#include <pawl/detail/placement.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/command.hpp"
#include "flow/machine/machine.hpp"
#include "persistence/blobs.hpp"
#include "persistence/keys.hpp"
#include "persistence/replay.hpp"
#include "persistence/run_log.hpp"
#include "persistence/transfer/family_writer.hpp"
#include "persistence/transfer/flow_importer.hpp"
#include "persistence/transfer/line_reader.hpp"
#include "persistence/transfer/renaming.hpp"

namespace pawl::persistence {
namespace {

/// A run of the file while its records are read.
struct incoming_run {
  run_heading heading;
  std::shared_ptr<const flow::compiled_flow> flow;
  run_key key;  ///< that it gets
  std::optional<flow::run_input> input = {};
  std::optional<flow::run_state> state = {};
  std::optional<run_part> last_part = {};  ///< that was read
  std::uint64_t first_checkpoint = 0;      ///< number of the first one that was read; 0: none
  std::uint64_t last_checkpoint = 0;
  std::uint64_t pruned = 0;  ///< number of the checkpoint of the base state; 0: there is none
  run_log_head log = {};
};

/// One pass over a file.
class import_pass {
 public:
  import_pass(store& to, std::istream& file, const import_options& how, bool writes)
      : how_(how), writes_(writes), lines_(file), writer_(to), flows_(to, how.into, how.limits) {}

  result<import_report> run() {
    if (auto read = read_all(); !read) return std::move(read).error();
    if (existing_count_ > 0) return existing_error();
    if (!writes_) return report_;
    if (auto written = writer_.flush(); !written) return std::move(written).error();
    return report_;
  }

 private:
  result<void> read_all() {
    auto first = lines_.next();
    if (!first) return std::move(first).error();
    if (!*first) return error{errc::invalid_argument, "the file is empty"};
    auto header = read_header(**first);
    if (!header) return lines_.at_line(std::move(header).error());
    header_ = *std::move(header);
    while (true) {
      auto line = next_line();
      if (!line) return std::move(line).error();
      if (line->contains("end")) return read_end_of_file(*line);
      auto read = line->contains("run")    ? read_family(*line)
                  : line->contains("flow") ? read_flow_version(*line)
                                           : bad("it is neither a flow, nor a run, nor the end");
      if (!read) return read;
    }
  }

  [[nodiscard]] error bad(const std::string& what) const {
    return lines_.at_line({errc::invalid_argument, what});
  }

  result<json> next_line() {
    auto line = lines_.next();
    if (!line) return std::move(line).error();
    if (*line) return **std::move(line);
    return error{errc::invalid_argument, "the file was cut after line " +
                                             std::to_string(lines_.number()) +
                                             ": its last line must have \"end\""};
  }

  result<void> read_end_of_file(const json& line) {
    const auto totals = read_end(line);
    if (!totals) return lines_.at_line(totals.error());
    if (*totals != read_) return bad("it counts other lines than the file has");
    const auto more = lines_.next();
    if (!more) return more.error();
    if (*more) return bad("there is more after the end");
    return {};
  }

  result<void> read_flow_version(const json& line) {
    auto read = read_flow(line);
    if (!read) return lines_.at_line(std::move(read).error());
    const auto record = decode_flow(read->record);
    if (!record) return lines_.at_line(record.error());
    if (flow_line(read->id, *record, read->published, read->record) != line)
      return bad("its fields differ from its record");
    auto added = flows_.add(*read, *record, writes_ ? &writer_ : nullptr);
    if (!added) return lines_.at_line(std::move(added).error());
    ++read_.flows;
    if (*added) ++report_.imported.flows;
    return {};
  }

  result<void> read_family(const json& line) {
    auto root = read_run(line);
    if (!root) return lines_.at_line(std::move(root).error());
    if (!root->is_root) return bad("the run that has started this one must be before it");
    if (last_root_ && root->id <= *last_root_) return bad("the runs are not ordered by their ids");
    last_root_ = root->id;
    const run_id id = how_.make_id ? how_.make_id() : root->id;
    names_.emplace(run_key{header_.scope, root->id}, run_key{how_.into, id});
    family_ = {root->id};
    const auto known = writer_.has({how_.into, id});
    if (!known) return known.error();
    skips_ = *known && how_.skip_existing;
    if (auto read = read_member(line, *root); !read) return read;
    for (std::uint64_t i = 0; i < root->subflows; ++i) {
      const auto next = next_line();
      if (!next) return next.error();
      const auto member = read_run(*next);
      if (!member) return lines_.at_line(member.error());
      if (member->is_root) return bad("the family before this run is not complete");
      if (!family_.insert(member->id).second) return bad("this run was there before");
      if (auto read = read_member(*next, *member); !read) return read;
    }
    if (is_written())
      if (auto ended = writer_.end_family(); !ended) return ended;
    const bool shows = how_.on_family && !skips_ && (writes_ || how_.dry_run);
    if (shows) how_.on_family(root->id, id);
    return {};
  }

  [[nodiscard]] bool is_written() const noexcept { return writes_ && !skips_; }

  result<void> read_member(const json& line, const run_heading& heading) {
    incoming_run run{heading, flows_.find(heading.flow), {how_.into, names_->of(heading.id)}};
    if (!run.flow) return bad("its flow " + to_string(heading.flow) + " must be before it");
    if (!skips_)
      if (auto fresh = check_is_new(run.key); !fresh) return fresh;
    const std::uint64_t place = lines_.number();
    if (is_written()) writer_.begin_run(run.key);
    for (std::uint64_t i = 0; i < heading.records; ++i)
      if (auto read = read_run_record(run); !read) return read;
    if (auto whole = check_whole(run, line, place); !whole) return whole;
    ++read_.runs;
    read_.records += heading.records;
    if (skips_) {
      ++report_.skipped;
      return {};
    }
    ++report_.imported.runs;
    report_.imported.records += heading.records;
    return add_run(std::move(run));
  }

  result<void> check_is_new(const run_key& key) {
    const auto known = writer_.has(key);
    if (!known) return known.error();
    if (!*known) return {};
    if (writes_) return bad("run " + key.id.str() + " exists");
    constexpr std::size_t most_named = 20;
    ++existing_count_;
    if (existing_count_ <= most_named) existing_ += (existing_.empty() ? "" : ", ") + key.id.str();
    return {};
  }

  [[nodiscard]] error existing_error() const {
    const bool one = existing_count_ == 1;
    return {errc::already_exists,
            std::to_string(existing_count_) +
                (one ? " run of the file exists: " : " runs of the file exist: ") + existing_ +
                "; nothing was imported. Leave out what exists, or make new ids"};
  }

  result<void> read_run_record(incoming_run& run) {
    const auto line = next_line();
    if (!line) return line.error();
    auto read = read_record(*line);
    if (!read) return lines_.at_line(std::move(read).error());
    if (run.last_part && !may_follow(read->part, *run.last_part))
      return lines_.at_line(misplaced());
    run.last_part = read->part;
    const std::string hash = pawl::detail::run_hash(run.key);
    std::string key;
    result<std::string> bytes = std::string{};
    switch (read->part) {
      case run_part::state:
        key = keys::state(hash);
        bytes = take_state(run, *std::move(read));
        break;
      case run_part::input:
        key = keys::input(hash);
        bytes = take_input(run, *std::move(read));
        break;
      case run_part::checkpoint:
        key = keys::checkpoint(hash, read->number);
        bytes = take_checkpoint(run, *std::move(read), *line);
        break;
      case run_part::base_state:
        key = keys::base_state(hash);
        bytes = take_base_state(run, *std::move(read));
        break;
      case run_part::log_chunk:
        key = keys::log_chunk(hash, read->number);
        bytes = take_log_chunk(run, *std::move(read), *line);
        break;
    }
    if (!bytes) return lines_.at_line(std::move(bytes).error());
    if (auto noted = note_missing_blobs(*bytes); !noted) return noted;
    return is_written() ? writer_.add_record(std::move(key), *std::move(bytes)) : result<void>{};
  }

  /// An export has no blobs: the store may have them, or get them later.
  result<void> note_missing_blobs(std::string_view record) {
    for (const auto& blob : blobs_named_in(record)) {
      if (skips_ || report_.missing_blobs.size() == import_report::max_missing_blobs) return {};
      const auto known = writer_.has_blob(how_.into, blob);
      if (!known) return known.error();
      if (!*known) report_.missing_blobs.insert(pawl::detail::to_hex(blob));
    }
    return {};
  }

  [[nodiscard]] static error misplaced() {
    return {errc::invalid_argument, "the record is not the next one of its run"};
  }
  [[nodiscard]] static error differs() {
    return {errc::invalid_argument, "its fields differ from its record"};
  }
  [[nodiscard]] static bool may_follow(run_part part, run_part before) {
    const bool repeats = part == run_part::checkpoint || part == run_part::log_chunk;
    return part > before || (part == before && repeats);
  }

  /// Each takes a record of the file and returns the record to write.
  result<std::string> take_state(incoming_run& run, read_record_line read) {
    auto state = decode_state(read.record);
    if (!state) return std::move(state).error();
    if (state->key != original_key(run)) return misplaced();
    if (auto fits = check_places(*state, *run.flow); !fits) return std::move(fits).error();
    run.state = *std::move(state);
    if (names_->is_none()) return std::move(read.record);
    flow::run_state renamed = *run.state;
    names_->apply(renamed, *run.flow);
    return encode_state(renamed);
  }

  result<std::string> take_input(incoming_run& run, read_record_line read) {
    auto input = decode_input(read.record);
    if (!input) return std::move(input).error();
    if (input->key != original_key(run) || input->flow != run.heading.flow) return misplaced();
    if (!run.state) run.state = flow::initial_state(*input);
    run.input = *std::move(input);
    if (names_->is_none()) return std::move(read.record);
    flow::run_input renamed = *run.input;
    names_->apply(renamed);
    return encode_input(renamed);
  }

  result<std::string> take_checkpoint(incoming_run& run, read_record_line read, const json& line) {
    auto change = decode_delta(read.record);
    if (!change) return std::move(change).error();
    if (checkpoint_line(*change, read.record) != line) return differs();
    const bool is_first = run.first_checkpoint == 0;
    if (!run.input || read.number == 0 || (!is_first && read.number != run.last_checkpoint + 1))
      return misplaced();
    if (is_first) run.first_checkpoint = read.number;
    run.last_checkpoint = read.number;
    if (read.number > run.state->sequence) {
      auto applied = apply_checkpoint(original_key(run), *run.state, read.record);
      if (!applied) return std::move(applied).error();
      if (auto fits = check_places(*run.state, *run.flow); !fits) return std::move(fits).error();
    }
    if (names_->is_none()) return std::move(read.record);
    names_->apply(*change, run.heading.id, *run.flow);
    return encode_delta(*change);
  }

  /// The state before the oldest checkpoint of a run whose history was pruned: the first of those
  /// that are left follows on it, or it is the last one itself.
  result<std::string> take_base_state(incoming_run& run, read_record_line read) {
    auto base = decode_state(read.record);
    if (!base) return std::move(base).error();
    if (!run.input || base->key != original_key(run)) return misplaced();
    const std::uint64_t pruned =
        run.first_checkpoint > 0 ? run.first_checkpoint - 1 : run.state->sequence;
    if (pruned == 0 || base->sequence != pruned) {
      return error{errc::invalid_argument,
                   "it is the state at checkpoint " + std::to_string(base->sequence) +
                       ", but the run has the checkpoints after " + std::to_string(pruned)};
    }
    if (auto fits = check_places(*base, *run.flow); !fits) return std::move(fits).error();
    run.pruned = pruned;
    if (names_->is_none()) return std::move(read.record);
    names_->apply(*base, *run.flow);
    return encode_state(*base);
  }

  result<std::string> take_log_chunk(incoming_run& run, read_record_line read, const json& line) {
    const auto lines = decode_log_chunk(read.record);
    if (!lines) return lines.error();
    if (log_chunk_line(read.number, lines->size(), read.record) != line) return differs();
    const bool is_next = read.number >= run.log.next && read.number < after_last_chunk;
    if (!run.input || lines->empty() || !is_next) return misplaced();
    add_chunk(run.log, read.number, lines->size(), read.record.size());
    return std::move(read.record);
  }

  [[nodiscard]] run_key original_key(const incoming_run& run) const {
    return {header_.scope, run.heading.id};
  }

  /// Whether all that a state names is in its flow.
  static result<void> check_places(const flow::run_state& state, const flow::compiled_flow& flow) {
    const std::size_t nodes = flow.nodes().size();
    for (const auto& t : state.tokens) {
      if (t.node < nodes) continue;
      return error{errc::invalid_argument, "the record names a node that its flow does not have"};
    }
    return {};
  }

  result<void> check_whole(const incoming_run& run, const json& line, std::uint64_t place) const {
    const auto at_run = [&](const std::string& what) {
      return error{errc::invalid_argument,
                   "line " + std::to_string(place) + ": run " + run.heading.id.str() + " " + what};
    };
    const bool has_checkpoints = run.first_checkpoint > 0;
    const std::uint64_t last = has_checkpoints ? run.last_checkpoint : run.pruned;
    if (!run.input || !run.state || run.state->sequence == 0 || last != run.state->sequence ||
        (has_checkpoints && run.first_checkpoint != run.pruned + 1)) {
      return at_run("is not complete: records are missing");
    }
    if (run.state->flow != run.heading.flow) return at_run("belongs to another flow");
    if (run_line(run.heading, *run.input, *run.state) != line)
      return at_run("has fields that differ from its records");
    if (!run.heading.is_root && (!run.state->parent || !family_.contains(*run.state->parent)))
      return at_run("was not started by a run before it");
    return {};
  }

  /// Completes a run: renames and pauses it, and adds it to the indexes.
  result<void> add_run(incoming_run run) {
    flow::run_state& state = *run.state;
    if (!names_->is_none()) names_->apply(state, *run.flow);
    PAWL_ASSERT(state.key == run.key, "the run has its new name");
    if (state.status == run_status::running && !state.pausing() && !how_.keep_running) {
      auto paused = pause(state, *run.flow);
      if (!paused) return std::move(paused).error();
      if (is_written()) {
        const std::string hash = pawl::detail::run_hash(run.key);
        auto added = writer_.add_record(keys::checkpoint(hash, state.sequence), *std::move(paused));
        if (!added) return added;
      }
    }
    if (!is_written()) return {};
    if (run.log.lines > 0) {
      const std::string hash = pawl::detail::run_hash(run.key);
      if (auto added = writer_.add_record(keys::log_head(hash), encode_log_head(run.log)); !added)
        return added;
    }
    writer_.end_run(state, *run.flow, run.heading.marks);
    return {};
  }

  /// Pauses a run. Returns the checkpoint of that.
  result<std::string> pause(flow::run_state& state, const flow::compiled_flow& flow) {
    // In the time of the store that it comes from: so its waits have as much time left as they had.
    const flow::apply_context when{how_.now,
                                   how_.now + std::chrono::microseconds{header_.clock_lead_us}};
    const auto made = flow::apply(flow, state, flow::pause_command{{}, "imported"}, when);
    if (!made) return made.error();
    ++(state.status == run_status::paused ? report_.paused : report_.pausing);
    return encode_delta(made->change);
  }

  const import_options& how_;
  const bool writes_;
  line_reader lines_;
  family_writer writer_;
  flow_importer flows_;
  transfer_header header_;
  transfer_totals read_;  ///< of the file so far
  import_report report_;
  std::optional<run_id> last_root_;
  std::optional<renaming> names_;  ///< of the current family
  std::set<run_id> family_;        ///< its runs so far, as the file names them
  bool skips_ = false;             ///< the current family exists
  std::string existing_;           ///< the first runs that exist
  std::uint64_t existing_count_ = 0;
};

}  // namespace

result<import_report> import_runs(store& to, std::istream& file, const import_options& how) {
  auto checked = import_pass{to, file, how, false}.run();
  if (!checked || how.dry_run) return checked;
  file.clear();
  file.seekg(0);
  if (!file) return error{errc::io_failed, "the file cannot be read a second time"};
  return import_pass{to, file, how, true}.run();
}

}  // namespace pawl::persistence
