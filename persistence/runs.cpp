#include "persistence/runs.hpp"

#include <algorithm>
#include <unordered_set>

#include <pawl/detail/placement.hpp>

#include "flow/machine/delta.hpp"
#include "persistence/codec.hpp"
#include "persistence/keys.hpp"

namespace pawl::persistence {
namespace {

std::string described(const run_key& key) {
  return "run " + key.id.str() + " in scope " + key.scope.str();
}

error corrupt_run(const run_key& key, const std::string& what) {
  return {errc::corrupt, described(key) + ": " + what};
}

/// Names the run and what of it was read in an error.
error of_run(error failure, const run_key& key, const std::string& part) {
  failure.message = described(key) + ", " + part + ": " + failure.message;
  return failure;
}

error of_checkpoint(error failure, const run_key& key, std::uint64_t number) {
  return of_run(std::move(failure), key, "checkpoint " + std::to_string(number));
}

result<flow::run_state> state_before(result<flow::run_input> input) {
  if (!input) return std::move(input).error();
  return flow::initial_state(*input);
}

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

/// Reads the last whole state of a run, or its input. Nothing if there is no such run.
result<std::optional<loaded_run>> load_base(const view& from, const run_key& key,
                                            std::string_view hash) {
  std::optional<loaded_run> base;
  std::optional<error> failure;
  const auto scanned = from.scan(
      column::checkpoints, keys::state_and_input(hash),
      [&](std::string_view at, std::string_view bytes) {
        auto state = keys::is_state(at) ? decode_state(bytes) : state_before(decode_input(bytes));
        if (state) {
          base = loaded_run{*std::move(state), {bytes.size(), 0}};
        } else {
          failure =
              of_run(std::move(state).error(), key, keys::is_state(at) ? "its state" : "its input");
        }
        return view::next::stop;
      });
  if (!scanned) return scanned.error();
  if (failure) return *failure;
  return base;
}

}  // namespace

result<std::optional<loaded_run>> load_run(const view& from, const run_key& key) {
  // For a run that does not exist, a point lookup is far cheaper than an iterator.
  const auto record = from.get(column::runs, keys::run(key));
  if (!record) return record.error();
  if (!*record) return std::optional<loaded_run>{};
  const std::string hash = pawl::detail::run_hash(key);
  auto run = load_base(from, key, hash);
  if (!run) return run;
  if (!*run) return corrupt_run(key, "it has neither a state nor an input");
  flow::run_state& state = (*run)->state;
  std::optional<error> failure;
  const auto apply = [&](std::string_view bytes) -> result<void> {
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
    (*run)->size.tail += bytes.size();
    return {};
  };
  const auto scanned = from.scan(column::checkpoints, keys::checkpoints(hash, state.sequence + 1),
                                 [&](std::string_view, std::string_view bytes) {
                                   auto applied = apply(bytes);
                                   if (applied) return view::next::more;
                                   failure = std::move(applied).error();
                                   return view::next::stop;
                                 });
  if (!scanned) return scanned.error();
  if (failure) return *failure;
  if (state.sequence == 0) return corrupt_run(key, "checkpoint 1 is missing");
  return run;
}

result<std::optional<flow::run_input>> load_input(const view& from, const run_key& key) {
  auto bytes = from.get(column::checkpoints, keys::input(pawl::detail::run_hash(key)));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return std::optional<flow::run_input>{};
  auto input = decode_input(**bytes);
  if (!input) return of_run(std::move(input).error(), key, "its input");
  return std::optional{*std::move(input)};
}

result<std::optional<run_record>> load_record(const view& from, const run_key& key) {
  auto bytes = from.get(column::runs, keys::run(key));
  if (!bytes) return std::move(bytes).error();
  if (!*bytes) return std::optional<run_record>{};
  auto record = decode_run(**bytes);
  if (!record) {
    auto failure = std::move(record).error();
    failure.message = described(key) + ": " + failure.message;
    return failure;
  }
  return std::optional{*std::move(record)};
}

result<void> visit_history(
    const view& from, const run_key& key, std::uint64_t first,
    const std::function<view::next(checkpoint_events what, std::size_t bytes)>& visit) {
  std::optional<error> failure;
  const auto range =
      keys::checkpoints(pawl::detail::run_hash(key), std::max<std::uint64_t>(first, 1));
  const auto scanned =
      from.scan(column::checkpoints, range, [&](std::string_view at, std::string_view bytes) {
        auto change = decode_delta(bytes);
        if (!change) {
          failure =
              of_checkpoint(std::move(change).error(), key, keys::sequence_of(at).value_or(0));
          return view::next::stop;
        }
        return visit({change->sequence, change->at, std::move(change->events)}, bytes.size());
      });
  if (!scanned) return scanned;
  if (failure) return *failure;
  return {};
}

result<std::vector<checkpoint_events>> load_history(const view& from, const run_key& key,
                                                    std::uint64_t first, std::size_t limit) {
  std::vector<checkpoint_events> history;
  if (limit == 0) return history;
  const auto visited = visit_history(from, key, first, [&](checkpoint_events what, std::size_t) {
    history.push_back(std::move(what));
    return history.size() == limit ? view::next::stop : view::next::more;
  });
  if (!visited) return visited.error();
  return history;
}

}  // namespace pawl::persistence
