#include "actors/event_hub.hpp"

#include <iterator>
#include <utility>

namespace pawl::actors {
namespace {

/// Uses of the hub between two removals of ended subscriptions: enough to make their cost small
/// compared to that of publishing.
constexpr std::size_t uses_between_removals = 1'024;
/// Minimum number of new subscriptions between two removals.
constexpr std::size_t added_between_removals = 64;

}  // namespace

run_key jobs_of(const scope_name& in) {
  // Ids of runs have no control characters.
  return {in, run_id{"\njobs"}};
}

std::shared_ptr<subscription> event_hub::subscribe(run_key of, std::size_t capacity) {
  auto added = std::make_shared<subscription>(of, capacity);
  const std::lock_guard lock{mutex_};
  // When the number has doubled, so the cost of a removal is constant for each subscription.
  if (count_ >= 2 * kept_ + added_between_removals) remove_ended();
  if (!of.scope.empty()) ++watching_;
  ++count_;
  subscribers_[std::move(of)].push_back(added);
  return added;
}

std::shared_ptr<subscription> event_hub::subscribe_to_deletions(std::size_t capacity) {
  auto added = std::make_shared<subscription>(run_key{}, capacity);
  const std::lock_guard lock{mutex_};
  std::erase_if(deletions_, has_ended);
  deletions_.push_back(added);
  return added;
}

bool event_hub::is_watched(const run_key& run) {
  if (watching_.load(std::memory_order_relaxed) == 0) return false;
  const std::lock_guard lock{mutex_};
  count_use();
  return subscribers_.contains(run) || subscribers_.contains({run.scope, {}});
}

void event_hub::publish(const live_event& what) {
  if (!has_subscribers()) return;
  const std::lock_guard lock{mutex_};
  count_use();
  push_to(what.run, what);
  push_to({what.run.scope, {}}, what);
  if (what.what.checkpoint == 0) push_to({}, what);
}

void event_hub::publish_deletion(const live_event& what) {
  publish(what);
  const std::lock_guard lock{mutex_};
  push_to_all(deletions_, what);
}

void event_hub::publish_job(const live_event& what) {
  if (!has_subscribers()) return;
  const std::lock_guard lock{mutex_};
  count_use();
  push_to(what.run, what);
}

void event_hub::close() {
  const std::lock_guard lock{mutex_};
  const auto end_all = [](const subscriptions& all) {
    for (const auto& watched : all)
      if (const auto alive = watched.lock()) alive->end();
  };
  for (const auto& [of, watching] : subscribers_) end_all(watching);
  end_all(deletions_);
  subscribers_.clear();
  deletions_.clear();
  count_ = watching_ = kept_ = 0;
}

bool event_hub::has_ended(const std::weak_ptr<subscription>& watched) {
  const auto alive = watched.lock();
  return !alive || alive->ended();
}

void event_hub::push_to(const run_key& of, const live_event& what) {
  const auto found = subscribers_.find(of);
  if (found != subscribers_.end()) push_to_all(found->second, what);
}

void event_hub::push_to_all(const subscriptions& to, const live_event& what) {
  for (const auto& watched : to)
    if (const auto alive = watched.lock()) alive->push(what);
}

void event_hub::count_use() {
  if (++uses_ >= uses_between_removals) remove_ended();
}

void event_hub::remove_ended() {
  std::size_t watching = 0;
  kept_ = 0;
  for (auto each = subscribers_.begin(); each != subscribers_.end();) {
    std::erase_if(each->second, has_ended);
    kept_ += each->second.size();
    if (!each->first.scope.empty()) watching += each->second.size();
    each = each->second.empty() ? subscribers_.erase(each) : std::next(each);
  }
  count_ = kept_;
  watching_ = watching;
  uses_ = 0;
}

}  // namespace pawl::actors
