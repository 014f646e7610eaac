#include "persistence/replay.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "flow/machine/delta.hpp"
#include "persistence/codec.hpp"

namespace pawl::persistence {
namespace {

/// Whether a delta can be applied to a state. A delta that cannot has a valid checksum, so a defect
/// wrote it; applying it would read out of bounds.
bool is_applicable(const flow::run_state& state, const flow::delta& change) {
  constexpr flow::node_index node_limit = 1'000'000;  // more than a flow may have
  const std::unordered_set<flow::token_id> removed{change.tokens_removed.begin(),
                                                   change.tokens_removed.end()};
  std::unordered_set<flow::token_id> set;
  for (const auto& t : change.tokens_set) set.insert(t.id);
  const auto exists = [&](flow::token_id id) {
    return set.contains(id) || (state.find_token(id) != nullptr && !removed.contains(id));
  };
  const auto map_is_applicable = [&](const auto& entry) {
    const auto& [id, map] = entry;
    const auto known = state.maps.find(id);
    if (map.items ? !map.items->is_array() : known == state.maps.end()) return false;
    const std::size_t items = map.items ? map.items->size() : known->second.items.size();
    return std::all_of(map.results.begin(), map.results.end(),
                       [&](const auto& result) { return result.first < items; });
  };
  return std::all_of(change.writes_set.begin(), change.writes_set.end(),
                     [&](const auto& w) { return exists(w.first); }) &&
         std::all_of(change.maps_set.begin(), change.maps_set.end(), map_is_applicable) &&
         change.compensations_dropped <= state.compensations.size() &&
         std::all_of(change.visits.begin(), change.visits.end(),
                     [&](const auto& v) { return v.first < node_limit; });
}

}  // namespace

result<void> apply_checkpoint(const run_key& key, flow::run_state& state, std::string_view bytes) {
  const std::uint64_t next = state.sequence + 1;
  auto change = decode_delta(bytes);
  if (!change) return of_checkpoint(std::move(change).error(), key, next);
  if (change->sequence != next)
    return corrupt_run(key, "checkpoint " + std::to_string(next) + " is missing");
  if (!is_applicable(state, *change)) {
    return corrupt_run(
        key, "checkpoint " + std::to_string(next) + " does not apply to the one before it");
  }
  flow::apply(state, *change);
  return {};
}

std::string described(const run_key& key) {
  return "run " + key.id.str() + " in scope " + key.scope.str();
}

error corrupt_run(const run_key& key, const std::string& what) {
  return {errc::corrupt, described(key) + ": " + what};
}

error of_run(error failure, const run_key& key, const std::string& part) {
  failure.message = described(key) + ", " + part + ": " + failure.message;
  return failure;
}

error of_checkpoint(error failure, const run_key& key, std::uint64_t number) {
  return of_run(std::move(failure), key, "checkpoint " + std::to_string(number));
}

}  // namespace pawl::persistence
