#include "persistence/transfer/renaming.hpp"

#include <optional>
#include <utility>

#include "flow/nodes/node.hpp"

namespace pawl::persistence {
namespace {

/// The id that a run gives the run that a token has started.
std::optional<run_id> named_child(const run_key& parent, const flow::token& t,
                                  const flow::compiled_flow& flow) {
  const auto& place = flow.at(t.node);
  flow::run_state named;
  named.key = parent;
  return place.behaviour->child_of(named, t, place);
}

}  // namespace

renaming::renaming(run_key from, run_key to) : from_(std::move(from)), to_(std::move(to)) {
  names_.emplace(from_.id, to_.id);
}

run_id renaming::of(const run_id& id) const {
  const auto found = names_.find(id);
  return found == names_.end() ? id : found->second;
}

void renaming::rename_child(flow::token& t, const run_id& run, const flow::compiled_flow& flow) {
  if (!t.child || t.node >= flow.nodes().size()) return;
  if (!names_.contains(t.child->id) && named_child({from_.scope, run}, t, flow) == t.child->id) {
    if (auto renamed = named_child({to_.scope, of(run)}, t, flow))
      names_.emplace(t.child->id, *std::move(renamed));
  }
  t.child->id = of(t.child->id);
}

void renaming::apply(flow::run_input& input) const {
  input.key = {to_.scope, of(input.key.id)};
  if (input.parent) input.parent = of(*input.parent);
  if (input.restarted_from) input.restarted_from = of(*input.restarted_from);
}

void renaming::apply(flow::run_state& state, const flow::compiled_flow& flow) {
  const run_id before = state.key.id;
  for (const auto id : state.tokens.ids()) rename_child(*state.tokens.find(id), before, flow);
  state.tokens.settle();
  state.key = {to_.scope, of(before)};
  if (state.parent) state.parent = of(*state.parent);
  if (state.restarted_from) state.restarted_from = of(*state.restarted_from);
}

void renaming::apply(flow::delta& change, const run_id& run, const flow::compiled_flow& flow) {
  for (auto& t : change.tokens_set) rename_child(t, run, flow);
  for (auto& abandoned : change.children_abandoned) abandoned.child = of(abandoned.child);
  for (auto& event : change.events) {
    if (event.kind != flow::event_kind::child_started) continue;
    if (const auto named = event.detail.find("run");
        named != event.detail.end() && named->is_string())
      *named = of(run_id{named->get<std::string>()}).str();
  }
}

}  // namespace pawl::persistence
