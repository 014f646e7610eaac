#include "actors/fair_limiter.hpp"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "actors/fair_queue.hpp"

namespace pawl::actors {

/// A place or a turn. The mutex of its state guards it, except what does not change.
struct fair_limiter::entry {
  std::shared_ptr<state> of;
  scope_name scope;
  std::function<void()> wake;  ///< empty if it does not wait
  fair_queue<entry*>::position at;
  bool taken = false;
};

struct fair_limiter::state {
  explicit state(std::uint64_t limit) : queue(limit, reserve_for(limit)) {}

  /// Gives the free places to those who are next. Returns what wakes them, to be called without the
  /// lock.
  [[nodiscard]] std::vector<std::function<void()>> serve() {
    std::vector<std::function<void()>> served;
    while (const auto next = queue.pop()) {
      (*next)->taken = true;
      served.push_back(std::exchange((*next)->wake, nullptr));
    }
    woken += served.size();
    return served;
  }

  std::mutex mutex;
  fair_queue<entry*> queue;
  std::uint64_t last_rank = 0;
  std::uint64_t woken = 0;
};

namespace {

void wake_all(const std::vector<std::function<void()>>& served) {
  for (const auto& wake : served) wake();
}

}  // namespace

fair_limiter::place::place() noexcept = default;
fair_limiter::place::place(std::unique_ptr<entry> e) noexcept : entry_(std::move(e)) {}
fair_limiter::place::place(place&&) noexcept = default;
fair_limiter::place& fair_limiter::place::operator=(place&& other) noexcept {
  release();
  entry_ = std::move(other.entry_);
  return *this;
}
fair_limiter::place::~place() {
  release();
}

bool fair_limiter::place::taken() const {
  if (!entry_) return false;
  const std::lock_guard lock{entry_->of->mutex};
  return entry_->taken;
}

void fair_limiter::place::release() noexcept {
  const auto own = std::exchange(entry_, nullptr);
  if (!own) return;
  std::vector<std::function<void()>> served;
  std::function<void()> unused;  // destroyed without the lock
  {
    const std::lock_guard lock{own->of->mutex};
    if (own->taken) {
      own->of->queue.release(own->scope.str());
    } else {
      own->of->queue.erase(own->at);
      unused = std::move(own->wake);
    }
    served = own->of->serve();
  }
  wake_all(served);
}

fair_limiter::fair_limiter(std::uint64_t limit) : state_(std::make_shared<state>(limit)) {}
fair_limiter::~fair_limiter() = default;

fair_limiter::place fair_limiter::try_take(const scope_name& scope) {
  const std::lock_guard lock{state_->mutex};
  if (!state_->queue.try_take(scope.str())) return {};
  auto made = std::make_unique<entry>();
  made->of = state_;
  made->scope = scope;
  made->taken = true;
  return place{std::move(made)};
}

fair_limiter::place fair_limiter::take_or_wait(const scope_name& scope, const flow_name& flow,
                                               std::function<void()> wake) {
  auto made = std::make_unique<entry>();
  made->of = state_;
  made->scope = scope;
  const std::lock_guard lock{state_->mutex};
  made->taken = state_->queue.try_take(scope.str());
  if (!made->taken) {
    made->wake = std::move(wake);
    made->at = state_->queue.push(scope.str(), flow.str(), ++state_->last_rank, made.get());
  }
  return place{std::move(made)};
}

void fair_limiter::take(const scope_name& scope, std::uint64_t count) {
  const std::lock_guard lock{state_->mutex};
  state_->queue.take(scope.str(), count);
}

void fair_limiter::give_back(const scope_name& scope, std::uint64_t count) {
  std::vector<std::function<void()>> served;
  {
    const std::lock_guard lock{state_->mutex};
    state_->queue.release(scope.str(), std::min(count, state_->queue.held(scope.str())));
    served = state_->serve();
  }
  wake_all(served);
}

fair_limiter::counts fair_limiter::now() const {
  const std::lock_guard lock{state_->mutex};
  return {state_->queue.used(), state_->queue.size(), state_->woken};
}

}  // namespace pawl::actors
