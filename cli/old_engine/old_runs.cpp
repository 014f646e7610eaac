#include "cli/old_engine/old_runs.hpp"

#include <algorithm>
#include <utility>

#include "cli/old_engine/old_values.hpp"
#include "flow/values/text_member.hpp"

namespace pawl::cli {
namespace {

constexpr const char* imported_error = "imported";

/// The text of the exception that ended a run; "": none is known. The metadata say least about it.
std::string error_text(const old_evidence& known) {
  if (known.checkpoint && !known.checkpoint->error.empty()) return known.checkpoint->error;
  if (!known.log.error.empty()) return known.log.error;
  const auto metadata = parse_python_json(known.row.metadata);
  return metadata ? flow::text_member(*metadata, "error") : std::string{};
}

std::string last_node(const old_evidence& known) {
  if (known.checkpoint && !known.checkpoint->current.empty()) return known.checkpoint->current;
  return known.log.last_node;
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

/// What the metadata of an old run has besides the inputs; `inputs` gets those.
json split_metadata(const std::string& text, json& inputs, std::string& remark) {
  inputs = json::object();
  if (text.empty()) return nullptr;
  auto parsed = parse_python_json(text);
  if (!parsed) {
    remark = "its inputs cannot be read; their text is in the metadata";
    return valid_text(text);
  }
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

/// Places the run before the node where it continues when it is resumed.
void pause_run(made_run& made, const old_evidence& known, const taken_version& of, time_point now) {
  flow::delta& change = made.change;
  std::optional<flow::node_index> next;
  if (known.checkpoint && !known.checkpoint->next.empty())
    next = of.flow->find(known.checkpoint->next);
  if (!next && known.row.status != "pending")
    made.remark = "it is not known where it stopped: it begins anew when it is resumed";
  flow::token placed;
  placed.id = 1;
  placed.node = next.value_or(of.flow->entry());
  change.tokens_set.push_back(std::move(placed));
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
  json rest = split_metadata(row.metadata, inputs, made.remark);
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
    for (const auto& [name, value] : known.checkpoint->data->items()) {
      const auto given = made.input.data->find(name);
      if (given == made.input.data->end() || *given != value) change.data_set[name] = value;
    }
  }
  if (ended) {
    end_run(made, known, of, *ended, changed);
    if (row.status != to_string(*ended)) {
      made.remark = "its status was \"" + valid_text(row.status) +
                    "\", but it has ended; taken as " + std::string{to_string(*ended)};
    }
  } else {
    pause_run(made, known, of, now);
  }
  made.state = flow::initial_state(made.input);
  flow::apply(made.state, change);
  return made;
}

}  // namespace pawl::cli
