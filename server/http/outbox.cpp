#include "server/http/outbox.hpp"

#include <algorithm>
#include <utility>

namespace pawl::server::http {

outbox::outbox(std::size_t limit_bytes, std::function<void()> wake, std::shared_ptr<void> slot,
               outbox_account in)
    : limit_(limit_bytes),
      account_(std::move(in)),
      wake_(std::move(wake)),
      slot_(std::move(slot)) {}

outbox::~outbox() {
  release(unsent_);
}

bool outbox::reserve(std::size_t bytes) {
  if (!account_.budget) return true;
  if (unsent_ != 0) return account_.budget->try_take(account_.holder, bytes);
  account_.budget->take(account_.holder, bytes);
  return true;
}

void outbox::release(std::size_t bytes) {
  if (account_.budget) account_.budget->give_back(account_.holder, bytes);
}

bool outbox::put(std::string bytes) {
  std::function<void()> wake;
  {
    const std::lock_guard lock{mutex_};
    if (closed_ || finished_) return false;
    const bool fits = unsent_ == 0 || unsent_ + bytes.size() <= limit_;
    if (!fits || too_slow_ || !reserve(bytes.size())) {
      if (!std::exchange(too_slow_, true)) return false;
      if (std::exchange(final_message_used_, true)) return false;
      if (account_.budget) account_.budget->take(account_.holder, bytes.size());
    }
    unsent_ += bytes.size();
    parts_.push_back(std::move(bytes));
    if (!std::exchange(woken_, true)) wake = wake_;
  }
  if (wake) wake();
  return true;
}

bool outbox::too_slow() const {
  const std::lock_guard lock{mutex_};
  return too_slow_;
}

void outbox::close(unsigned code, std::string reason) {
  std::function<void()> wake;
  {
    const std::lock_guard lock{mutex_};
    if (closed_ || finished_) return;
    closed_ = true;
    code_ = code;
    reason_ = std::move(reason);
    if (!std::exchange(woken_, true)) wake = wake_;
  }
  if (wake) wake();
}

void outbox::on_closed(std::function<void()> what) {
  {
    const std::lock_guard lock{mutex_};
    if (!finished_) {
      on_closed_.push_back(std::move(what));
      return;
    }
  }
  what();
}

outbox::batch outbox::take() {
  const std::lock_guard lock{mutex_};
  woken_ = false;
  return {.parts = std::exchange(parts_, {}), .ended = closed_, .code = code_, .reason = reason_};
}

void outbox::when_drained(std::function<void()> what) {
  {
    const std::lock_guard lock{mutex_};
    if (finished_) return;
    if (unsent_ != 0) {
      when_drained_ = std::move(what);
      return;
    }
  }
  what();
}

void outbox::sent(std::size_t bytes) {
  std::function<void()> drained;
  {
    const std::lock_guard lock{mutex_};
    const std::size_t released = std::min(bytes, unsent_);
    unsent_ -= released;
    release(released);
    if (unsent_ == 0) drained.swap(when_drained_);
  }
  if (drained) drained();
}

void outbox::finish() {
  std::vector<std::function<void()>> to_call;
  std::function<void()> wake, not_drained;  // destroyed without the lock
  std::shared_ptr<void> slot;
  {
    const std::lock_guard lock{mutex_};
    if (std::exchange(finished_, true)) return;
    closed_ = true;
    parts_.clear();
    release(std::exchange(unsent_, 0));
    to_call.swap(on_closed_);
    wake.swap(wake_);
    not_drained.swap(when_drained_);
    slot.swap(slot_);
  }
  slot.reset();
  for (const auto& what : to_call) what();
}

}  // namespace pawl::server::http
