#include "cli/old_engine/old_runs.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "cli/old_engine/old_values.hpp"
#include "cli/old_engine/python_json.hpp"
#include "cli/text.hpp"
#include "flow/values/text_member.hpp"

namespace pawl::cli {
namespace {

constexpr const char* imported_error = "imported";

/// The error that a run has ended with; "": none is known. One that the run has survived is only in
/// its log. The metadata say least about it.
std::string error_text(const old_evidence& known) {
  if (known.checkpoint && !known.checkpoint->error.empty()) return known.checkpoint->error;
  const bool has_failed = known.row.status == "failed" || !known.log.went_on;
  if (has_failed && !known.log.error.empty()) return known.log.error;
  const auto metadata = parse_python_json(known.row.metadata);
  return metadata ? flow::text_member(*metadata, "error") : std::string{};
}

std::string last_node(const old_evidence& known) {
  if (known.checkpoint && !known.checkpoint->current.empty()) return known.checkpoint->current;
  return known.log.last_node;
}

/// What the run has asked for and waits for.
const std::optional<json>& interrupt_value(const old_evidence& known) {
  const bool has_one = known.checkpoint && known.checkpoint->interrupt_value;
  return has_one ? known.checkpoint->interrupt_value : known.log.interrupt_value;
}

/// How a run has ended; none if it has not.
std::optional<run_status> end_of(const old_evidence& known) {
  const std::string& word = known.row.status;
  if (word == "completed") return run_status::completed;
  if (word == "failed") return run_status::failed;
  if (word == "cancelled") return run_status::cancelled;
  if (!known.row.finished_at) return std::nullopt;
  // Its status was overwritten after its end.
  if (!error_text(known).empty()) return run_status::failed;
  const bool stopped = known.checkpoint && !known.checkpoint->next.empty();
  return stopped ? run_status::cancelled : run_status::completed;
}

/// Says one more thing in the note about a run.
void add_remark(made_run& made, const std::string& text) {
  made.remark += (made.remark.empty() ? "" : "; ") + text;
}

/// What the metadata of an old run has besides the inputs; `inputs` gets those.
json split_metadata(const std::string& text, json& inputs, made_run& made) {
  inputs = json::object();
  if (text.empty()) return nullptr;
  value_changes changed;
  auto parsed = parse_python_json(text, &changed);
  if (!parsed) {
    add_remark(made, "its inputs cannot be read; their text is in the metadata");
    return valid_text(text);
  }
  for (const auto& change : changed) add_remark(made, "run_metadata " + change);
  if (!parsed->is_object()) return *std::move(parsed);
  if (const auto found = parsed->find("inputs"); found != parsed->end() && found->is_object()) {
    inputs = std::move(*found);
    parsed->erase(found);
  }
  return parsed->empty() ? json{} : *std::move(parsed);
}

json imported_metadata(const old_evidence& known, const taken_version& of, json rest) {
  json kept{{"from", "workflow_engine"},
            {"id", valid_text(known.row.id)},
            {"flow", valid_text(of.old_name)},
            {"version", valid_text(of.old_version)},
            {"flow_version_id", known.row.version},
            {"status", valid_text(known.row.status)}};
  if (!rest.is_null()) kept["metadata"] = std::move(rest);
  if (const auto node = last_node(known); !node.empty()) kept["last_node"] = valid_text(node);
  if (const auto asked = interrupt_value(known)) kept["interrupt_value"] = *asked;
  if (known.checkpoint && known.checkpoint->next.size() > 1) kept["next"] = known.checkpoint->next;
  if (const auto text = error_text(known); !text.empty()) kept["error"] = valid_text(text);
  if (!known.row.signals.empty())
    if (auto list = parse_python_json(known.row.signals)) kept["signals"] = *std::move(list);
  return {{"imported", std::move(kept)}};
}

void end_run(made_run& made, const old_evidence& known, const taken_version& of, run_status how,
             time_point at) {
  flow::delta& change = made.change;
  change.status = how;
  change.finished_at = std::optional{at};
  if (how == run_status::completed) {
    change.events.push_back({flow::event_kind::run_completed, {}, 0, 0, nullptr});
  } else if (how == run_status::cancelled) {
    change.events.push_back({flow::event_kind::run_cancelled, {}, 0, 0, {{"reason", "imported"}}});
  } else {
    const std::string text = error_text(known);
    const std::string& node = known.log.error_node;
    run_error why{imported_error,
                  text.empty() ? "the previous engine has not stored the error" : valid_text(text),
                  of.flow->find(node) ? node : "", 0};
    change.events.push_back(
        {flow::event_kind::run_failed, {}, 0, 0, {{"type", why.type}, {"message", why.message}}});
    change.error = std::optional{std::move(why)};
  }
}

/// The node that forks into exactly these nodes; none if there is no such node.
std::optional<flow::node_index> find_fork(const flow::compiled_flow& in,
                                          const std::set<flow::node_index>& into) {
  for (flow::node_index i = 0; i < in.nodes().size(); ++i) {
    const auto& node = in.at(i);
    if (!node.conditional.empty() || !node.on_event.empty()) continue;
    std::set<flow::node_index> targets;
    for (const auto& edge : node.plain) targets.insert(edge.target);
    if (targets == into) return i;
  }
  return std::nullopt;
}

/// "\"n0\", \"n1\""
std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + one_line(valid_text(name));
  return list;
}

/// Where a run continues when it is resumed: before the node that would have been next, or at the
/// fork into several.
flow::token place_token(made_run& made, const old_evidence& known, const flow::compiled_flow& in) {
  flow::token placed;
  placed.id = 1;
  placed.node = in.entry();
  std::set<flow::node_index> next;
  const auto names = known.checkpoint ? known.checkpoint->next : std::vector<std::string>{};
  bool all_known = true;
  for (const auto& name : names) {
    const auto node = in.find(name);
    all_known = all_known && node;
    if (node) next.insert(*node);
  }
  if (all_known && next.size() == 1) {
    placed.node = *next.begin();
  } else if (const auto fork = all_known && !next.empty() ? find_fork(in, next) : std::nullopt) {
    placed.node = *fork;
    placed.phase = flow::token_phase::leaving;
    placed.visit = placed.attempt = 1;
    made.change.visits.emplace_back(*fork, 1U);
    add_remark(made, "several nodes were next: it goes on with all of them, " + list_of(names));
  } else if (!names.empty()) {
    add_remark(made, "it was before " + list_of(names) +
                         ", where the flow cannot be continued: it begins anew when it is resumed");
  } else if (known.row.status != "pending") {
    add_remark(made, "it is not known where it stopped: it begins anew when it is resumed");
  }
  return placed;
}

/// Says which lines of the log are missing.
void remark_log(made_run& made, const old_log& log) {
  if (log.damaged > 0)
    add_remark(made, counted(log.damaged, "line") + " of its log cannot be read");
  if (log.dropped > 0) {
    add_remark(made, "the oldest " + counted(log.dropped, "line") +
                         " of its log exceed run.max_log_lines or run.max_log_bytes");
  }
}

void pause_run(made_run& made, const old_evidence& known, const taken_version& of, time_point now) {
  flow::delta& change = made.change;
  change.tokens_set.push_back(place_token(made, known, *of.flow));
  change.next_token = 2;
  change.status = run_status::paused;
  change.frozen_at = std::optional{now};
  change.events.push_back({flow::event_kind::run_paused, {}, 0, 0, {{"why", "imported"}}});
}

}  // namespace

made_run make_run(const old_evidence& known, const taken_version& of, run_key key, time_point now) {
  made_run made;
  const old_run& row = known.row;
  json inputs;
  json rest = split_metadata(row.metadata, inputs, made);
  for (const auto& text : row.unread) add_remark(made, text);
  remark_log(made, known.log);
  const auto ended = end_of(known);
  const time_point created =
      row.started_at.value_or(row.last_event_at.value_or(row.finished_at.value_or(now)));
  const time_point changed =
      std::max(created, row.finished_at.value_or(row.last_event_at.value_or(created)));
  made.input.key = std::move(key);
  made.input.flow = of.id;
  made.input.data = flow::shared_json{std::move(inputs)};
  made.input.metadata = imported_metadata(known, of, std::move(rest));
  made.input.created_at = created;
  made.input.started_by = "pawl import";

  flow::delta& change = made.change;
  change.sequence = 1;
  change.at = changed;
  change.events.push_back({flow::event_kind::run_created, {}, 0, 0, nullptr});
  if (row.started_at) change.started_at = *row.started_at;
  if (known.checkpoint && known.checkpoint->data) {
    for (const auto& text : known.checkpoint->changed) add_remark(made, "checkpoint " + text);
    for (const auto& [name, value] : known.checkpoint->data->items()) {
      const auto given = made.input.data->find(name);
      if (given == made.input.data->end() || *given != value) change.data_set[name] = value;
    }
  }
  if (ended) {
    end_run(made, known, of, *ended, changed);
    if (row.status != to_string(*ended)) {
      add_remark(made, "its status was " + one_line(valid_text(row.status)) +
                           ", but it has ended; taken as " + std::string{to_string(*ended)});
    }
  } else {
    pause_run(made, known, of, now);
  }
  made.state = flow::initial_state(made.input);
  flow::apply(made.state, change);
  return made;
}

}  // namespace pawl::cli
