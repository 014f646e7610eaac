#include "persistence/history_pruning.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <pawl/detail/placement.hpp>

#include "persistence/blobs.hpp"
#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "persistence/past_states.hpp"
#include "persistence/replay.hpp"
#include "persistence/runs.hpp"

namespace pawl::persistence {
namespace {

constexpr std::uint64_t max_pruned_checkpoints = 256;
constexpr std::uint64_t max_pruned_bytes = std::uint64_t{1} << 20;

result<std::optional<flow::run_state>> read_state(const view& from, const run_key& run,
                                                  const std::string& key, const char* part) {
  const auto bytes = from.get(column::checkpoints, key);
  if (!bytes) return bytes.error();
  if (!*bytes) return std::optional<flow::run_state>{};
  auto state = decode_state(**bytes);
  if (!state) return of_run(std::move(state).error(), run, part);
  return std::optional{*std::move(state)};
}

/// The state before the oldest checkpoint that is kept. Empty if the run does not exist.
result<std::optional<flow::run_state>> read_base(const view& from, const run_key& run,
                                                 const std::string& hash) {
  auto base = read_state(from, run, keys::base_state(hash), "its oldest state");
  if (!base || *base) return base;
  auto input = load_input(from, run);
  if (!input) return std::move(input).error();
  if (!*input) return std::optional<flow::run_state>{};
  return std::optional{flow::initial_state(**input)};
}

/// Adds the blobs that a record names.
void add_blobs(std::vector<std::string>& to, std::string_view record) {
  for (auto& blob : blobs_named_in(record)) to.push_back(std::move(blob));
}

/// Subflows are found by the checkpoints of their parent, so those of pruned ones are noted.
result<void> note_children(batch& to, const run_key& run, std::uint64_t number,
                           std::string_view checkpoint) {
  const auto change = decode_delta(checkpoint);
  if (!change) return of_checkpoint(change.error(), run, number);
  for (const auto& t : change->tokens_set)
    if (t.child) to.put(column::indexes, keys::child_of_pruned({run, t.child->id}), {});
  return {};
}

}  // namespace

result<std::optional<pruned_part>> prune_history(const view& from, const run_key& run,
                                                 std::uint64_t keep) {
  const std::string hash = pawl::detail::run_hash(run);
  const auto whole = read_state(from, run, keys::state(hash), "its state");
  if (!whole) return whole.error();
  if (!*whole) return std::optional<pruned_part>{};
  const auto last = last_checkpoint(from, run);
  if (!last) return last.error();
  const std::uint64_t end = std::min((*whole)->sequence, *last > keep ? *last - keep : 0);
  auto base = read_base(from, run, hash);
  if (!base) return base.error();
  if (!*base || (*base)->sequence >= end) return std::optional<pruned_part>{};
  flow::run_state& state = **base;
  pruned_part part;
  if (const auto before = from.get(column::checkpoints, keys::base_state(hash)); !before) {
    return before.error();
  } else if (*before) {
    add_blobs(part.blobs, **before);
  }
  std::optional<error> failure;
  const auto scanned =
      from.scan(column::checkpoints, keys::checkpoints(hash, state.sequence + 1),
                [&](std::string_view key, std::string_view bytes) {
                  const std::uint64_t number = state.sequence + 1;
                  auto done = apply_checkpoint(run, state, bytes);
                  if (done) done = note_children(part.writes, run, number, bytes);
                  if (!done) {
                    failure = std::move(done).error();
                    return view::next::stop;
                  }
                  add_blobs(part.blobs, bytes);
                  part.writes.erase(column::checkpoints, std::string{key});
                  ++part.checkpoints;
                  part.bytes += key.size() + bytes.size();
                  const bool is_full =
                      part.checkpoints == max_pruned_checkpoints || part.bytes >= max_pruned_bytes;
                  return state.sequence == end || is_full ? view::next::stop : view::next::more;
                });
  if (!scanned) return scanned.error();
  if (failure) return *failure;
  std::sort(part.blobs.begin(), part.blobs.end());
  part.blobs.erase(std::unique(part.blobs.begin(), part.blobs.end()), part.blobs.end());
  std::string after = encode_state(state);
  if (auto released =
          release_pruned_blobs(part.writes, from, run, hash, part.blobs, after, state.sequence);
      !released)
    return std::move(released).error();
  part.writes.put_of(run.scope, column::checkpoints, keys::base_state(hash), std::move(after));
  part.more = state.sequence < end;
  return std::optional{std::move(part)};
}

result<std::uint64_t> last_pruned(const view& from, const run_key& run) {
  const auto base =
      read_state(from, run, keys::base_state(pawl::detail::run_hash(run)), "its oldest state");
  if (!base) return base.error();
  return *base ? (*base)->sequence : 0;
}

}  // namespace pawl::persistence
