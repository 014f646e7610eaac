#include "persistence/runs.hpp"

#include <algorithm>
#include <limits>

#include <pawl/detail/placement.hpp>

#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "persistence/replay.hpp"

namespace pawl::persistence {
namespace {

result<flow::run_state> state_before(result<flow::run_input> input) {
  if (!input) return std::move(input).error();
  return flow::initial_state(*input);
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

/// Calls `visit` for the checkpoints of a run within a range of keys.
result<void> visit_checkpoints(
    const view& from, const run_key& key, const view::range& range,
    const std::function<view::next(stored_checkpoint what, std::size_t bytes)>& visit,
    const damage_visitor& damaged) {
  std::optional<error> failure;
  const auto scanned =
      from.scan(column::checkpoints, range, [&](std::string_view at, std::string_view bytes) {
        auto change = decode_delta(bytes);
        if (!change) {
          const std::uint64_t number = keys::sequence_of(at).value_or(0);
          error why = of_checkpoint(std::move(change).error(), key, number);
          if (damaged && why.code == errc::corrupt) return damaged(number, why);
          failure = std::move(why);
          return view::next::stop;
        }
        return visit(*std::move(change), bytes.size());
      });
  if (!scanned) return scanned;
  if (failure) return *failure;
  return {};
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
  const auto scanned = from.scan(column::checkpoints, keys::checkpoints(hash, state.sequence + 1),
                                 [&](std::string_view, std::string_view bytes) {
                                   (*run)->size.tail += bytes.size();
                                   auto applied = apply_checkpoint(key, state, bytes);
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
    const std::function<view::next(stored_checkpoint what, std::size_t bytes)>& visit,
    const damage_visitor& damaged) {
  return visit_checkpoints(
      from, key, keys::checkpoints(pawl::detail::run_hash(key), std::max<std::uint64_t>(first, 1)),
      visit, damaged);
}

result<void> visit_history_back(
    const view& from, const run_key& key, std::uint64_t last,
    const std::function<view::next(stored_checkpoint what, std::size_t bytes)>& visit,
    const damage_visitor& damaged) {
  const std::string hash = pawl::detail::run_hash(key);
  auto range = keys::checkpoints(hash);
  if (last < std::numeric_limits<std::uint64_t>::max()) range.to = keys::checkpoint(hash, last + 1);
  range.reverse = true;
  return visit_checkpoints(from, key, range, visit, damaged);
}

result<std::vector<stored_checkpoint>> load_history(const view& from, const run_key& key,
                                                    std::uint64_t first, std::size_t limit) {
  std::vector<stored_checkpoint> history;
  if (limit == 0) return history;
  const auto visited = visit_history(from, key, first, [&](stored_checkpoint what, std::size_t) {
    history.push_back(std::move(what));
    return history.size() == limit ? view::next::stop : view::next::more;
  });
  if (!visited) return visited.error();
  return history;
}

}  // namespace pawl::persistence
