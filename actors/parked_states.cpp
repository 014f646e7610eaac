#include "actors/parked_states.hpp"

#include <iterator>
#include <utility>

#include "flow/values/json_size.hpp"

namespace pawl::actors {
namespace {

/// Estimated memory of a state without content, of one byte of its JSON values as text, of a token,
/// and of the id of a signal.
constexpr std::uint64_t bytes_per_run = 4096;
constexpr std::uint64_t bytes_per_json_byte = 8;
constexpr std::uint64_t bytes_per_token = 512;
constexpr std::uint64_t bytes_per_signal_id = 160;

}  // namespace

std::uint64_t estimated_bytes(const run_in_memory& run) {
  const flow::run_state& s = run.state;
  const std::uint64_t json_bytes = s.data_bytes + s.map_bytes + s.compensation_bytes +
                                   s.tokens.bytes() + s.inbox.bytes() + flow::json_size(s.metadata);
  return bytes_per_run + bytes_per_json_byte * json_bytes + bytes_per_token * s.tokens.size() +
         bytes_per_signal_id * s.signal_ids.all().size() + sizeof(std::uint32_t) * s.visits.size();
}

void parked_states::put(run_in_memory run) {
  const std::uint64_t size = estimated_bytes(run);
  if (size > max_bytes_) return erase(run.state.key);
  entries added;  // made, and the evicted ones destroyed, without the lock
  added.push_back({std::move(run), size});
  const run_key& key = added.front().run.state.key;
  entries evicted;
  const std::lock_guard lock{mutex_};
  if (const auto found = index_.find(key); found != index_.end()) remove(found->second, evicted);
  while (bytes_ + size > max_bytes_) remove(std::prev(entries_.end()), evicted);
  index_.emplace(key, added.begin());
  entries_.splice(entries_.begin(), added);
  bytes_ += size;
}

std::optional<run_in_memory> parked_states::take(const run_key& key) {
  entries taken;
  {
    const std::lock_guard lock{mutex_};
    const auto found = index_.find(key);
    if (found == index_.end()) return std::nullopt;
    remove(found->second, taken);
  }
  return std::move(taken.front().run);
}

void parked_states::remove(entries::iterator which, entries& to) {
  index_.erase(which->run.state.key);
  bytes_ -= which->bytes;
  to.splice(to.begin(), entries_, which);
}

std::uint64_t parked_states::bytes() const {
  const std::lock_guard lock{mutex_};
  return bytes_;
}

std::size_t parked_states::size() const {
  const std::lock_guard lock{mutex_};
  return index_.size();
}

}  // namespace pawl::actors
