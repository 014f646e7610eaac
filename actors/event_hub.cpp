#include "actors/event_hub.hpp"

namespace pawl::actors {

std::shared_ptr<subscription> event_hub::subscribe(run_key of, std::size_t capacity) {
  auto added = std::make_shared<subscription>(std::move(of), capacity);
  const std::lock_guard lock{mutex_};
  subscribers_.push_back(added);
  count_ = subscribers_.size();
  return added;
}

void event_hub::publish(const live_event& what) {
  if (!has_subscribers()) return;
  const std::lock_guard lock{mutex_};
  std::erase_if(subscribers_, [&](const std::weak_ptr<subscription>& watched) {
    const auto alive = watched.lock();
    if (!alive || alive->ended()) return true;
    alive->push(what);
    return false;
  });
  count_ = subscribers_.size();
}

void event_hub::close() {
  const std::lock_guard lock{mutex_};
  for (const auto& watched : subscribers_)
    if (const auto alive = watched.lock()) alive->end();
  subscribers_.clear();
  count_ = 0;
}

}  // namespace pawl::actors
