#include "persistence/past_states.hpp"

#include <limits>
#include <string>
#include <utility>

#include <pawl/detail/placement.hpp>

#include "flow/machine/run_input.hpp"
#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "persistence/replay.hpp"

namespace pawl::persistence {
namespace {

error history_is_gone(const run_key& key, std::uint64_t next, std::uint64_t found) {
  return {errc::not_found, "checkpoint " + std::to_string(next) + " of " + described(key) +
                               " was pruned; the oldest one is " + std::to_string(found)};
}

}  // namespace

result<std::uint64_t> last_checkpoint(const view& from, const run_key& key) {
  std::uint64_t last = 0;
  auto range = keys::checkpoints(pawl::detail::run_hash(key));
  range.reverse = true;
  const auto scanned =
      from.scan(column::checkpoints, range, [&](std::string_view at, std::string_view) {
        last = keys::sequence_of(at).value_or(0);
        return view::next::stop;
      });
  if (!scanned) return scanned.error();
  return last;
}

result<std::optional<flow::run_state>> load_state_before(const view& from, const run_key& key,
                                                         std::uint64_t checkpoint) {
  const std::string hash = pawl::detail::run_hash(key);
  const auto whole = from.get(column::checkpoints, keys::state(hash));
  if (!whole) return whole.error();
  if (*whole) {
    auto state = decode_state(**whole);
    if (!state) return of_run(std::move(state).error(), key, "its state");
    if (state->sequence <= checkpoint) return std::optional{*std::move(state)};
  }
  const auto oldest = from.get(column::checkpoints, keys::base_state(hash));
  if (!oldest) return oldest.error();
  if (*oldest) {
    auto state = decode_state(**oldest);
    if (!state) return of_run(std::move(state).error(), key, "its oldest state");
    if (state->sequence > checkpoint) return history_is_gone(key, checkpoint, state->sequence + 1);
    return std::optional{*std::move(state)};
  }
  const auto bytes = from.get(column::checkpoints, keys::input(hash));
  if (!bytes) return bytes.error();
  if (!*bytes) return std::optional<flow::run_state>{};
  auto input = decode_input(**bytes);
  if (!input) return of_run(std::move(input).error(), key, "its input");
  return std::optional{flow::initial_state(*input)};
}

result<bool> advance_state(const view& from, flow::run_state& state, std::uint64_t to,
                           const std::function<view::next(std::size_t bytes)>& read) {
  if (state.sequence >= to) return state.sequence == to;
  const run_key key = state.key;
  std::optional<error> failure;
  bool stopped = false;
  const auto scanned = from.scan(
      column::checkpoints, keys::checkpoints(pawl::detail::run_hash(key), state.sequence + 1),
      [&](std::string_view at, std::string_view bytes) {
        const std::uint64_t next = state.sequence + 1;
        if (const auto found = keys::sequence_of(at); found && *found > next) {
          failure = history_is_gone(key, next, *found);
          return view::next::stop;
        }
        if (auto applied = apply_checkpoint(key, state, bytes); !applied) {
          failure = std::move(applied).error();
          return view::next::stop;
        }
        if (state.sequence == to) return view::next::stop;
        stopped = read(bytes.size()) == view::next::stop;
        return stopped ? view::next::stop : view::next::more;
      });
  if (!scanned) return scanned.error();
  if (failure) return *failure;
  if (state.sequence == to) return true;
  if (stopped) return false;
  const auto whole = load_state_before(from, key, std::numeric_limits<std::uint64_t>::max());
  if (!whole) return whole.error();
  if (*whole && (*whole)->sequence > to)
    return history_is_gone(key, state.sequence + 1, (*whole)->sequence);
  return error{errc::not_found, described(key) + " has no checkpoint " + std::to_string(to) +
                                    "; its last one is " + std::to_string(state.sequence)};
}

}  // namespace pawl::persistence
