#include <algorithm>
#include <utility>

#include <pawl/code_ref.hpp>

#include "actors/thread_pool.hpp"

namespace pawl::actors {
namespace {

error took_too_long(const invocation& call) {
  return {errc::timed_out, pawl::quoted(call.function->code_ref) + " exceeded its time-out of " +
                               std::to_string(call.timeout.count()) + " ms"};
}

error was_silent(const invocation& call) {
  return {errc::timed_out,
          pawl::quoted(call.function->code_ref) + " sent no heartbeat for " +
              std::to_string(call.heartbeat.count()) + " ms (heartbeat_timeout)",
          "heartbeat_timeout"};
}

}  // namespace

std::optional<std::chrono::steady_clock::time_point> next_check(const queued_call& call) {
  auto when = call.end;
  if (call.call.heartbeat.count() > 0) {
    const auto silent_until =
        call.context.last_sign() + std::min(call.call.heartbeat, max_duration);
    when = when ? std::min(*when, silent_until) : silent_until;
  }
  return when;
}

error call_cancelled() {
  return {errc::cancelled, "the step was cancelled"};
}

error engine_stopping() {
  return {errc::cancelled, "the engine is stopping"};
}

void thread_pool::start_watcher() {
  watcher_ = std::thread{[self = shared_from_this()] { self->watch(); }};
}

void thread_pool::set_deadline(queued_call& call, std::optional<steady::time_point> when) {
  if (call.deadline) deadlines_.erase({*call.deadline, &call});
  call.deadline = when;
  if (!when) return;
  deadlines_.emplace(*when, &call);
  if (*when < watched_until_) watch_.notify_one();
}

bool thread_pool::request_stop(queued_call& call, error why) {
  const bool is_new = !call.stop_reason;
  if (is_new) call.stop_reason = std::move(why);
  const auto grace = stopping_ ? std::min(options_.grace, options_.stop_grace) : options_.grace;
  const auto deadline = steady::now() + std::min(grace, max_duration);
  // A stop shortens the grace period of a call that was asked before.
  if (is_new || (stopping_ && (!call.deadline || deadline < *call.deadline)))
    set_deadline(call, deadline);
  return is_new;
}

void thread_pool::watch() {
  unique_lock lock{mutex_};
  while (!stopped_) {
    watched_until_ = deadlines_.empty() ? steady::time_point::max() : deadlines_.begin()->first;
    if (start_again_) watched_until_ = std::min(watched_until_, *start_again_);
    if (watched_until_ == steady::time_point::max())
      watch_.wait(lock);
    else if (watched_until_ > steady::now())
      watch_.wait_until(lock, watched_until_);
    else
      expire(lock);
  }
}

void thread_pool::expire(unique_lock& lock) {
  const auto now = steady::now();
  if (start_again_ && *start_again_ <= now) {
    start_again_.reset();
    provide_threads();
  }
  // Each round changes the deadline of the first call, or answers the call.
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const call_ptr call = calls_.at(deadlines_.begin()->second->id);
    const auto check = call->stop_reason ? std::nullopt : next_check(*call);
    if (check && *check > now) {  // it has sent a heartbeat
      set_deadline(*call, check);
      continue;
    }
    const bool at_end = call->end && *call->end <= now;
    if (request_stop(*call, at_end ? took_too_long(call->call) : was_silent(call->call))) {
      lock.unlock();
      call->stop.request_stop();
      lock.lock();
    } else {
      abandon(lock, call);
    }
  }
}

void thread_pool::abandon(unique_lock& lock, const call_ptr& call) {
  if (call->call.function->begin) {
    ++stuck_asynchronous_;  // it keeps its slot: what it uses is not free
  } else {
    ++stuck_threads_;
    --busy_;
    queue_.free_slot(*call);  // its thread is replaced
  }
  auto why = *call->stop_reason;
  why.message += "; it did not return after it was asked to stop, and is abandoned";
  answer(lock, call, {std::move(why)}, function_state::stuck);
  dispatch(lock);
}

}  // namespace pawl::actors
