#include "cli/old_engine/old_import.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include <pawl/detail/placement.hpp>

#include "cli/old_engine/old_names.hpp"
#include "cli/old_engine/old_runs.hpp"
#include "cli/old_engine/old_values.hpp"
#include "persistence/clock_lead.hpp"
#include "persistence/commit_durably.hpp"
#include "persistence/keys.hpp"
#include "persistence/run_log.hpp"
#include "persistence/runs.hpp"
#include "persistence/transfer/family_writer.hpp"

namespace pawl::cli {
namespace {

/// The file of checkpoints that belongs to a database: each ".db" is replaced.
std::filesystem::path checkpoints_beside(const std::filesystem::path& database) {
  constexpr std::string_view ending = ".db";
  constexpr std::string_view replacement = "_checkpoints.db";
  std::string path = database.string();
  for (auto at = path.find(ending); at != path.npos; at = path.find(ending, at)) {
    path.replace(at, ending.size(), replacement);
    at += replacement.size();
  }
  return path;
}

class old_import {
 public:
  old_import(persistence::store& to, const old_import_options& how, time_point engine_time)
      : to_(to),
        how_(how),
        engine_time_(engine_time),
        before_(to.durable_view()),
        flows_(*before_, how.into, how.limits, how.now, how.note),
        writer_(to) {}

  result<old_import_report> run() {
    auto opened = old_database::open(how_.database);
    if (!opened) return std::move(opened).error();
    const old_database& from = *opened;
    if (auto found = open_checkpoints(); !found) return std::move(found).error();
    if (auto found = find_logs(); !found) return std::move(found).error();
    if (auto taken = take_flows(from); !taken) return std::move(taken).error();
    if (auto taken = take_runs(from); !taken) return std::move(taken).error();
    if (auto listed = list_orphans(); !listed) return std::move(listed).error();
    const auto lost = from.signals_without_run();
    if (!lost) return lost.error();
    if (*lost > 0) {
      leave_out("signal", std::to_string(*lost) + " signals",
                "they belong to runs that do not exist");
    }
    report_.versions = flows_.taken();
    report_.new_versions = flows_.added();
    return report_;
  }

 private:
  result<void> open_checkpoints() {
    auto file = how_.checkpoints;
    std::error_code failed;
    if (file.empty()) {
      file = checkpoints_beside(how_.database);
      if (file == how_.database || !std::filesystem::exists(file, failed)) return {};
    }
    auto opened = old_checkpoints::open(file);
    if (!opened) return std::move(opened).error();
    checkpoints_ = *std::move(opened);
    return {};
  }

  result<void> find_logs() {
    if (how_.logs.empty()) return {};
    auto found = runs_with_old_logs(how_.logs);
    if (!found) return std::move(found).error();
    logged_ = *std::move(found);
    return {};
  }

  /// Lists logs and checkpoints of runs that the database does not have.
  result<void> list_orphans() {
    const auto list = [&](const char* kind, const std::vector<std::string>& runs) {
      for (const auto& run : runs)
        if (!old_ids_.contains(run)) leave_out(kind, run, "no run has this id");
    };
    list("log", logged_);
    if (!checkpoints_) return {};
    const auto runs = checkpoints_->runs();
    if (!runs) return runs.error();
    list("checkpoint", *runs);
    return {};
  }

  void leave_out(const char* kind, const std::string& old, const std::string& why) {
    ++report_.left_out;
    how_.note({kind, valid_text(old), "", why, row_outcome::left_out});
  }

  result<void> take_flows(const old_database& from) {
    const auto empty = from.flows_without_version();
    if (!empty) return empty.error();
    for (const auto& name : *empty) leave_out("flow", name, "it has no version");
    std::vector<old_version> rows;
    auto read = from.visit_versions([&](const old_version& row) -> result<void> {
      rows.push_back(row);
      return {};
    });
    return read ? flows_.take(rows) : read;
  }

  result<void> take_runs(const old_database& from) {
    const auto all = from.count("runs");
    if (!all) return all.error();
    std::uint64_t done = 0;
    auto read = from.visit_runs([&](const old_run& row) -> result<void> {
      if (how_.stops()) return error{errc::cancelled, "stopped; what is imported stays"};
      auto taken = take_run(row);
      how_.progress(++done, *all);
      return taken;
    });
    // What was read before an error is whole.
    if (how_.dry_run) return read;
    if (auto written = write_flows(); !written) return written;
    auto flushed = writer_.flush();
    return read ? flushed : read;
  }

  /// Writes the flows before the first run that needs them.
  result<void> write_flows() {
    if (flows_.added() == flows_written_) return {};
    flows_written_ = flows_.added();
    return persistence::commit_durably(to_, flows_.writes());
  }

  result<void> take_run(const old_run& row) {
    if (row.id.empty()) {
      leave_out("run", "", "it has no id");
      return {};
    }
    const run_key key{how_.into, run_id{run_name_of(row.id)}};
    old_ids_.insert(row.id);
    // A dry run writes nothing that the store could know.
    if (!seen_.insert(key.id).second) {
      leave_out("run", row.id, "an earlier row is the run " + key.id.str());
      return {};
    }
    const auto known = writer_.has(key);
    if (!known) return known.error();
    if (*known) return note_present(row, key);
    const auto of = flows_.find(row.version);
    if (!of) return of.error();
    old_evidence evidence{row, {}, {}};
    if (checkpoints_) {
      auto last = checkpoints_->last_of(row.id);
      if (!last) return std::move(last).error();
      evidence.checkpoint = *std::move(last);
    }
    auto log = read_old_log(how_.logs, row.id, how_.kept_logs,
                            row.started_at.value_or(row.last_event_at.value_or(how_.now)));
    if (!log) return std::move(log).error();
    evidence.log = *std::move(log);
    const made_run made = make_run(evidence, **of, key, engine_time_);
    count(made.state.status);
    std::string why = key.id.str() == row.id ? "" : "renamed";
    if (!made.remark.empty()) why += (why.empty() ? "" : "; ") + made.remark;
    how_.note({"run", valid_text(row.id), key.id.str(), why,
               why.empty() ? row_outcome::taken : row_outcome::changed,
               std::string{to_string(made.state.status)}});
    return how_.dry_run ? result<void>{} : write(made, **of, evidence.log);
  }

  result<void> note_present(const old_run& row, const run_key& key) {
    const auto input = persistence::load_input(*to_.durable_view(), key);
    if (!input) return input.error();
    const json::json_pointer place{"/imported/id"};
    const bool is_ours = *input && (*input)->metadata.contains(place) &&
                         (*input)->metadata.at(place) == valid_text(row.id);
    if (is_ours) {
      ++report_.present;
      how_.note({"run", valid_text(row.id), key.id.str(), "", row_outcome::present});
    } else {
      leave_out("run", row.id, "there is another run " + key.id.str());
    }
    return {};
  }

  void count(run_status status) {
    switch (status) {
      case run_status::completed:
        ++report_.completed;
        break;
      case run_status::failed:
        ++report_.failed;
        break;
      case run_status::cancelled:
        ++report_.cancelled;
        break;
      default:
        ++report_.paused;
        break;
    }
  }

  result<void> write(const made_run& made, const taken_version& of, const old_log& log) {
    if (auto written = write_flows(); !written) return written;
    using namespace persistence;
    const std::string hash = pawl::detail::run_hash(made.input.key);
    writer_.begin_run(made.input.key);
    if (auto added = writer_.add_record(keys::input(hash), encode_input(made.input)); !added)
      return added;
    auto added = writer_.add_record(keys::checkpoint(hash, 1), encode_delta(made.change));
    if (!added) return added;
    if (auto logged = write_log(hash, log); !logged) return logged;
    writer_.end_run(made.state, *of.flow, {});
    return writer_.end_family();
  }

  result<void> write_log(const std::string& hash, const old_log& log) {
    if (log.lines.empty()) return {};
    using namespace persistence;
    constexpr std::ptrdiff_t chunk_lines = 500;
    run_log_head head;
    for (auto next = log.lines.begin(); next != log.lines.end();) {
      const auto end = next + std::min(chunk_lines, log.lines.end() - next);
      const std::vector<run_log_line> lines(next, end);
      std::string chunk = encode_log_chunk(lines);
      const std::uint64_t number = head.next;
      add_chunk(head, number, lines.size(), chunk.size());
      if (auto added = writer_.add_record(keys::log_chunk(hash, number), std::move(chunk)); !added)
        return added;
      next = end;
    }
    return writer_.add_record(keys::log_head(hash), encode_log_head(head));
  }

  persistence::store& to_;
  const old_import_options& how_;
  const time_point engine_time_;
  const std::shared_ptr<const persistence::view> before_;
  old_flows flows_;
  std::uint64_t flows_written_ = 0;  ///< number of new versions when they were written last
  persistence::family_writer writer_;
  std::unordered_set<run_id> seen_;          ///< ids of rows
  std::unordered_set<std::string> old_ids_;  ///< as the database has them
  std::vector<std::string> logged_;          ///< ids of runs that have a log
  std::optional<old_checkpoints> checkpoints_;
  old_import_report report_;
};

}  // namespace

json to_json(const old_import_report& report) {
  return {{"flow_versions", report.versions}, {"new_flow_versions", report.new_versions},
          {"completed", report.completed},    {"failed", report.failed},
          {"cancelled", report.cancelled},    {"paused", report.paused},
          {"present", report.present},        {"left_out", report.left_out}};
}

result<old_import_report> import_old_engine(persistence::store& to, const old_import_options& how) {
  const auto lead = persistence::load_clock_lead(*to.durable_view());
  if (!lead) return lead.error();
  return old_import{to, how, how.now + *lead}.run();
}

}  // namespace pawl::cli
