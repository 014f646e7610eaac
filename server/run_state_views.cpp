#include "server/run_state_views.hpp"

#include <utility>

#include "runtime/queries/past_state.hpp"
#include "server/views.hpp"

namespace pawl::server {
namespace {

json view_of(const wait_reason& of) {
  json object{{"kind", of.kind},
              {"node", of.node},
              {"visit", of.visit},
              {"attempt", of.attempt},
              {"name", of.name},
              {"text", of.text},
              {"mover", of.mover},
              {"held", of.held},
              {"detail", of.detail},
              {"since", time_or_null(of.since)},
              {"until", time_or_null(of.until)}};
  object["commands"] = json::array();
  for (const auto& each : of.commands)
    object["commands"].push_back({{"command", each.command}, {"name", each.name}});
  return object;
}

json view_of(const run_reasons& of) {
  json object{{"run", to_json(of.run)}, {"pausing", of.pausing}, {"undoing", of.undoing}};
  object["checkpoint"] = of.checkpoint;
  object["updated_at"] = to_rfc3339(of.updated_at);
  object["kept_signals"] = json::object();
  for (const auto& [type, count] : of.kept_signals) object["kept_signals"][type] = count;
  object["reasons"] = json::array();
  for (const auto& each : of.reasons) object["reasons"].push_back(view_of(each));
  object["left_out"] = of.left_out;
  return object;
}

}  // namespace

json to_json(const run_explanation& explained) {
  json object = view_of(explained.run);
  object["subflows"] = json::array();
  for (const auto& each : explained.subflows) object["subflows"].push_back(view_of(each));
  object["subflows_left_out"] = explained.subflows_left_out;
  return object;
}

json to_json(const past_state& state) {
  json object = document_of(state);
  object["id"] = state.key.id.str();
  object["flow"] = state.flow.name.str();
  object["version"] = to_string(state.flow.version);
  object["checkpoint"] = state.checkpoint;
  object["at"] = to_rfc3339(state.at);
  object["fork_refusal"] = state.fork_refusal;
  return object;
}

json to_json(const state_diff& diff) {
  json object{{"from", diff.from}, {"to", diff.to}, {"left_out", diff.left_out}};
  object["changes"] = json::array();
  for (const auto& each : diff.changes) {
    json change{{"op", each.op}, {"path", each.path}};
    if (each.op != "remove") change["value"] = each.value;
    if (each.op != "add") change["before"] = each.before;
    object["changes"].push_back(std::move(change));
  }
  return object;
}

}  // namespace pawl::server
