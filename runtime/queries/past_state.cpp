#include "runtime/queries/past_state.hpp"

#include <string>
#include <utility>

#include "flow/machine/forking.hpp"
#include "flow/nodes/node.hpp"

namespace pawl {
namespace {

const char* name_of(flow::token_phase phase) {
  switch (phase) {
    case flow::token_phase::arriving:
      return "next";
    case flow::token_phase::waiting:
      return "waiting";
    case flow::token_phase::halted:
      return "halted";
    case flow::token_phase::ended:
      return "ended";
    case flow::token_phase::leaving:
      return "leaving";
    case flow::token_phase::sleeping:
      return "sleeping";
    case flow::token_phase::gathering:
      return "gathering";
  }
  return "";
}

json document_of(const past_place& place) {
  json object{{"node", place.node},
              {"phase", place.phase},
              {"visit", place.visit},
              {"attempt", place.attempt}};
  if (!place.branch.empty()) object["branch"] = place.branch;
  if (!place.writes.empty()) object["writes"] = place.writes;
  return object;
}

}  // namespace

past_state make_past_state(const flow::run_state& state, const flow::compiled_flow& compiled) {
  past_state made;
  made.key = state.key;
  made.flow = state.flow;
  made.checkpoint = state.sequence;
  made.at = state.updated_at;
  made.status = state.status;
  made.pausing = state.pausing();
  made.undoing = state.compensating.has_value();
  made.error = state.error;
  made.data = *state.data;
  made.metadata = state.metadata;
  made.output = state.output;
  for (const auto& t : state.tokens) {
    made.places.push_back(
        {compiled.at(t.node).id, name_of(t.phase), t.visit, t.attempt, t.branch, *t.writes});
  }
  for (const auto& [number, kept] : state.inbox.all())
    made.inbox.push_back({kept.type, kept.id, kept.payload});
  made.fork_refusal = flow::fork_refusal(compiled, state);
  return made;
}

json document_of(const past_state& state) {
  json document{{"status", to_string(state.status)},
                {"pausing", state.pausing},
                {"undoing", state.undoing},
                {"error", nullptr},
                {"data", state.data},
                {"metadata", state.metadata},
                {"places", json::array()},
                {"inbox", json::array()}};
  if (const auto& error = state.error) {
    document["error"] = {{"type", error->type},
                         {"message", error->message},
                         {"node", error->node},
                         {"attempt", error->attempt}};
  }
  if (state.output) document["output"] = *state.output;
  for (const auto& place : state.places) document["places"].push_back(document_of(place));
  for (const auto& kept : state.inbox)
    document["inbox"].push_back({{"type", kept.type}, {"id", kept.id}, {"payload", kept.payload}});
  return document;
}

state_diff difference(const json& from, const json& to, std::size_t most) {
  state_diff made;
  for (auto& change : json::diff(from, to)) {
    if (made.changes.size() == most) {
      made.left_out = true;
      break;
    }
    state_change next{change["op"].get<std::string>(), change["path"].get<std::string>()};
    if (const auto value = change.find("value"); value != change.end())
      next.value = std::move(*value);
    if (next.op != "add") next.before = from.at(json::json_pointer{next.path});
    made.changes.push_back(std::move(next));
  }
  return made;
}

}  // namespace pawl
