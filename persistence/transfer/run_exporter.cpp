#include "persistence/transfer/run_exporter.hpp"

#include <set>
#include <utility>

#include <pawl/detail/placement.hpp>

#include "persistence/clock_lead.hpp"
#include "persistence/keys.hpp"
#include "persistence/not_found.hpp"
#include "persistence/quarantine.hpp"
#include "persistence/record.hpp"
#include "persistence/replay.hpp"
#include "persistence/run_log.hpp"
#include "persistence/run_removal.hpp"
#include "persistence/runs.hpp"

namespace pawl::persistence {
namespace {

result<bool> has_entry(const view& from, const std::string& key) {
  const auto found = from.get(column::indexes, key);
  if (!found) return found.error();
  return found->has_value();
}

/// All runs of a scope, ordered by id.
view::range runs_of(const scope_name& in) {
  std::string first = keys::run({in, run_id{}});
  first.pop_back();  // the end of the empty id
  std::string last = first;
  last.back() = '\1';
  return {std::move(first), std::move(last)};
}

/// Which chunks a log has follows from them.
bool is_exported(std::string_view checkpoint_key) {
  if (keys::blob_naming_of(checkpoint_key)) return false;
  return !keys::is_of_log(checkpoint_key) || keys::log_chunk_number(checkpoint_key);
}

class run_exporter {
 public:
  run_exporter(const view& from, const scope_name& in, const line_sink& to)
      : from_(from), in_(in), to_(to) {}

  result<export_report> run(const export_selection& selected) {
    const auto lead = load_clock_lead(from_);
    if (!lead) return lead.error();
    if (auto sent = to_(to_json(transfer_header{in_, lead->count()})); !sent)
      return std::move(sent).error();
    if (auto done = select(selected); !done) return std::move(done).error();
    const bool all_roots = selected.ids.empty() && !selected.query;
    auto done = all_roots ? visit_records([this](const run_summary& run) { return add_root(run); })
                          : add_selected();
    if (!done) return std::move(done).error();
    if (auto sent = to_(end_line(report_.totals)); !sent) return std::move(sent).error();
    return std::move(report_);
  }

 private:
  using record_visitor = std::function<result<void>(const run_summary& run)>;

  /// Calls `visit` for the record of each run of the scope.
  result<void> visit_records(const record_visitor& visit) {
    result<void> done;
    const view::range range = runs_of(in_);
    const auto scanned =
        from_.scan(column::runs, range, [&](std::string_view key, std::string_view bytes) {
          const auto record = decode_run(bytes);
          done = record ? visit(record->summary) : result<void>{record.error()};
          if (!done) {
            // The key is the scope and the id, each with an end.
            const auto id = key.substr(range.from.size(), key.size() - range.from.size() - 1);
            done = leave_out(run_id{std::string{id}}, done.error());
          }
          return done ? view::next::more : view::next::stop;
        });
    return scanned ? done : scanned;
  }

  result<void> select(const export_selection& selected) {
    for (const auto& id : selected.ids) {
      const auto record = load_record(from_, {in_, id});
      if (record && !*record) return no_such_run(id);
      auto found = record ? select_root((*record)->summary) : result<void>{record.error()};
      if (!found) found = leave_out(id, std::move(found).error());
      if (!found) return found;
    }
    if (!selected.query) return {};
    return visit_records([&](const run_summary& run) -> result<void> {
      if (!fits(run, *selected.query)) return {};
      return select_root(run);
    });
  }

  /// The run that a run descends from, as far as the store has it.
  result<run_summary> root_of(run_summary run) {
    while (run.parent) {
      const auto parent = load_record(from_, {in_, *run.parent});
      if (!parent) return parent.error();
      if (!*parent) break;
      run = (*parent)->summary;
    }
    return run;
  }

  result<void> select_root(const run_summary& run) {
    auto root = root_of(run);
    if (!root) return std::move(root).error();
    roots_.insert(root->key.id);
    return {};
  }

  result<void> add_selected() {
    for (const auto& id : roots_) {
      auto added = add_family(id);
      if (!added) added = leave_out(id, std::move(added).error());
      if (!added) return added;
    }
    return {};
  }

  /// Notes that the family of a run is left out, if the error concerns only that. Returns any other
  /// error.
  result<void> leave_out(const run_id& id, error why) {
    if (!is_unreadable(why)) return why;
    const std::string run = described({in_, id});
    const bool is_named = why.message.find(run) != std::string::npos;
    report_.damaged.push_back(is_named ? std::move(why.message) : run + ": " + why.message);
    return {};
  }

  result<void> add_root(const run_summary& run) {
    if (run.parent) {
      const auto parent = load_record(from_, {in_, *run.parent});
      if (!parent) return parent.error();
      if (*parent) return {};  // it comes with its parent
    }
    return add_family(run.key.id);
  }

  result<void> add_family(const run_id& root) {
    std::vector<run_id> family{root};
    for (std::size_t i = 0; i < family.size(); ++i) {
      const run_key key{in_, family[i]};
      if (const auto why = refusal(key); !why || !why->empty()) {
        if (!why) return why.error();
        report_.left_out.push_back(*why);
        return {};
      }
      const auto children = load_children(from_, key);
      if (!children) return children.error();
      family.insert(family.end(), children->begin(), children->end());
    }
    // What cannot be read is found before the first line of the family.
    if (auto readable = send_family(family, pass::check); !readable) return readable;
    return send_family(family, pass::send);
  }

  enum class pass : std::uint8_t { check, send };

  result<void> send_family(const std::vector<run_id>& family, pass which) {
    sends_ = which == pass::send;
    // Nothing stands between the runs of a family.
    for (const auto& id : family) {
      const auto record = load_record(from_, {in_, id});
      if (!record) return record.error();
      if (!*record) return corrupt_run({in_, id}, "it has no record");
      if (auto added = add_flow((*record)->summary.flow); !added) return added;
    }
    for (const auto& id : family) {
      auto added = add_run({in_, id}, id == family.front(), family.size() - 1);
      if (!added) return added;
    }
    return {};
  }

  result<void> send(const json& line) { return sends_ ? to_(line) : result<void>{}; }

  /// Why a run cannot be exported, as a sentence; empty if it can.
  result<std::string> refusal(const run_key& key) {
    const auto found = from_.get(column::indexes, keys::suspect(key));
    if (!found) return found.error();
    if (!*found) return std::string{};
    const auto suspect = decode_suspect(**found);
    if (!suspect) return suspect.error();
    if (!suspect->is_quarantined()) return std::string{};
    return described(key) + " is quarantined: retry it, or cancel it, before it is exported";
  }

  result<run_marks> marks_of(const run_summary& run) {
    run_marks marks;
    const auto kept = has_entry(from_, keys::kept_run(run.key));
    if (!kept) return kept.error();
    marks.kept = *kept;
    const auto orphaned = from_.get(column::indexes, keys::orphaned_run(run.key));
    if (!orphaned) return orphaned.error();
    marks.orphaned = orphaned->value_or(std::string{});
    if (!run.parent) return marks;
    const keys::parent_and_child family{{in_, *run.parent}, run.key.id};
    const auto ended = has_entry(from_, keys::ended(family));
    if (!ended) return ended.error();
    const auto resumed = has_entry(from_, keys::resumed(family));
    if (!resumed) return resumed.error();
    const auto pruned = has_entry(from_, keys::child_of_pruned(family));
    if (!pruned) return pruned.error();
    marks.ended = *ended;
    marks.resumed = *resumed;
    marks.pruned = *pruned;
    return marks;
  }

  result<void> add_run(const run_key& key, bool is_root, std::size_t subflows) {
    auto loaded = load_run(from_, key);
    if (!loaded) return std::move(loaded).error();
    auto input = load_input(from_, key);
    if (!input) return std::move(input).error();
    if (!*loaded || !*input) return corrupt_run(key, "its input is missing");
    const flow::run_state& state = (*loaded)->state;
    run_heading heading{key.id, state.flow, 0, is_root ? subflows : 0, is_root, {}};
    auto marks = marks_of(flow::summarize(state));
    if (!marks) return std::move(marks).error();
    heading.marks = *std::move(marks);
    const auto records = keys::records_of_run(pawl::detail::run_hash(key));
    const auto counted =
        from_.scan(column::checkpoints, records, [&](std::string_view at, std::string_view) {
          if (is_exported(at)) ++heading.records;
          return view::next::more;
        });
    if (!counted) return counted;
    if (auto sent = send(run_line(heading, **input, state)); !sent) return sent;
    if (sends_) {
      ++report_.totals.runs;
      report_.totals.records += heading.records;
    }
    return add_records(key, records);
  }

  result<void> add_records(const run_key& key, const view::range& records) {
    result<void> sent;
    const auto scanned =
        from_.scan(column::checkpoints, records, [&](std::string_view at, std::string_view bytes) {
          if (!is_exported(at)) return view::next::more;
          if (keys::is_state(at)) {
            sent = send(state_line(bytes));
          } else if (keys::is_input(at)) {
            sent = send(input_line(bytes));
          } else if (keys::is_base_state(at)) {
            const auto base = decode_state(bytes);
            sent =
                base ? send(base_state_line(bytes)) : of_run(base.error(), key, "its oldest state");
          } else if (const auto number = keys::log_chunk_number(at)) {
            const auto lines = decode_log_chunk(bytes);
            sent = lines ? send(log_chunk_line(*number, lines->size(), bytes))
                         : of_run(lines.error(), key, "its log");
          } else if (const auto change = decode_delta(bytes)) {
            sent = send(checkpoint_line(*change, bytes));
          } else {
            sent = of_checkpoint(change.error(), key, keys::sequence_of(at).value_or(0));
          }
          return sent ? view::next::more : view::next::stop;
        });
    return scanned ? sent : scanned;
  }

  result<void> add_flow(const flow_version_id& id) {
    if (flows_.contains(id)) return {};
    const auto bytes = from_.get(column::flows, keys::flow_version(in_, id));
    if (!bytes) return bytes.error();
    if (!*bytes) return no_such_version(id);
    const auto record = decode_flow(**bytes);
    if (!record) return record.error();
    const auto head_bytes = from_.get(column::flows, keys::flow_head(in_, id.name));
    if (!head_bytes) return head_bytes.error();
    bool published = false;
    if (*head_bytes) {
      const auto head = decode_flow_head(**head_bytes);
      if (!head) return head.error();
      published = head->published == id.version;
    }
    if (!sends_) return {};
    flows_.insert(id);
    ++report_.totals.flows;
    return send(flow_line(id, *record, published, **bytes));
  }

  const view& from_;
  const scope_name& in_;
  const line_sink& to_;
  bool sends_ = true;       ///< false: what follows is only read
  std::set<run_id> roots_;  ///< of the selected families
  std::set<flow_version_id> flows_;
  export_report report_;
};

}  // namespace

result<export_report> export_runs(const view& from, const scope_name& in,
                                  const export_selection& selected, const line_sink& to) {
  return run_exporter{from, in, to}.run(selected);
}

}  // namespace pawl::persistence
