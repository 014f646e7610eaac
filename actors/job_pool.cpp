#include "actors/job_pool.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "actors/signal_stack.hpp"

namespace pawl::actors {

job_pool::job_pool(const char* name, std::uint32_t threads)
    : brief_{std::max<std::uint32_t>(threads, 1), 0},
      lengthy_{std::max<std::uint32_t>(threads, 2) - 1, 0} {
  const std::uint32_t count = std::max<std::uint32_t>(threads, 1);
  threads_.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) threads_.emplace_back([this, name] { work(name); });
}

void job_pool::post(line in, job next, withdrawal if_withdrawn) {
  const auto once = [next = std::move(next)] {
    next();
    return progress::finished;
  };
  post_turns(std::move(in), once, std::move(if_withdrawn));
}

void job_pool::post_turns(line in, turns next, withdrawal if_withdrawn) {
  entry added{std::move(in), std::move(next), std::move(if_withdrawn), 0, nullptr};
  {
    const std::lock_guard lock{mutex_};
    added.id = ++last_id_;
  }
  // Without the lock, which the callback takes; it may be called now.
  if (added.if_withdrawn.requested.stop_possible()) {
    added.watched = std::make_unique<watch>(added.if_withdrawn.requested, [this, id = added.id] {
      {
        const std::lock_guard lock{mutex_};
        withdrawn_.push_back(id);
      }
      posted_.notify_one();
    });
  }
  {
    const std::lock_guard lock{mutex_};
    if (stopped_) return;  // `added` ends later than the lock
    push(std::move(added));
  }
  posted_.notify_one();
}

void job_pool::push(entry added) {
  const std::uint64_t id = added.id;
  const bool watched = added.watched != nullptr;
  // The callback, which needs the lock, has run before or finds the entry.
  if (watched && added.if_withdrawn.requested.stop_requested()) withdrawn_.push_back(id);
  const line in = added.in;
  queue& to = queue_of(in);
  const auto at = to.push(in.scope, in.group, ++last_rank_, std::move(added));
  if (watched) withdrawable_.emplace(id, place{&to, at});
}

void job_pool::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  posted_.notify_all();
  for (auto& each : threads_)
    if (each.joinable()) each.join();
}

void job_pool::work(const char* name) {
  ::pthread_setname_np(::pthread_self(), name);
  provide_signal_stack();
  std::unique_lock lock{mutex_};
  while (true) {
    if (auto next = take()) {
      const bool withdrawn = next->from == nullptr;
      lock.unlock();
      const bool finished = withdrawn || next->next.run() == progress::finished;
      if (withdrawn) next->next.if_withdrawn.instead();
      const std::string scope = next->next.in.scope;
      if (finished) next->next = {};  // what it holds ends without the lock
      lock.lock();
      if (!withdrawn) next->from->release(scope);
      if (!finished) push(std::move(next->next));
      if (waiting() > 0) posted_.notify_one();
    } else if (stopped_ && waiting() == 0) {
      return posted_.notify_all();  // those that waited for the last long job
    } else {
      posted_.wait(lock);
    }
  }
}

std::optional<job_pool::taken> job_pool::take() {
  if (auto withdrawn = take_withdrawn()) return withdrawn;
  for (int i = 0; i < 2; ++i) {
    const bool is_lengthy = lengthy_is_next_ != (i == 1);
    queue& from = is_lengthy ? lengthy_ : brief_;
    auto next = from.pop();
    if (!next) continue;
    lengthy_is_next_ = !is_lengthy;
    if (next->watched) withdrawable_.erase(next->id);
    return taken{*std::move(next), &from};
  }
  return std::nullopt;
}

std::optional<job_pool::taken> job_pool::take_withdrawn() {
  while (!withdrawn_.empty()) {
    const auto found = withdrawable_.extract(withdrawn_.back());
    withdrawn_.pop_back();
    // Else it has a turn, or is not in the queue yet: `push` asks again.
    if (found) return taken{found.mapped().in->erase(found.mapped().at), nullptr};
  }
  return std::nullopt;
}

}  // namespace pawl::actors
