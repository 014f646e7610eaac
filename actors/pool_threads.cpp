#include <chrono>
#include <system_error>
#include <utility>

#include <pawl/assert.hpp>

#include "actors/signal_stack.hpp"
#include "actors/thread_pool.hpp"

namespace pawl::actors {
namespace {

/// How long a thread waits for leave to begin a call.
constexpr std::chrono::milliseconds ask_again{100};

}  // namespace

void thread_pool::provide_threads() {
  const std::size_t most = options_.threads + reserve_for(options_.threads);
  while (starting_.size() > threads_ - stuck_threads_ - busy_ && threads_ - stuck_threads_ < most &&
         threads_ < most + options_.max_stuck) {
    if (start_thread()) continue;
    // Those that are left continue.
    if (threads_ == stuck_threads_ && !start_again_) {
      start_again_ = steady::now() + options_.retry_threads;
      watch_.notify_one();
    }
    return;
  }
}

std::thread thread_pool::make_thread(std::function<void()> run) const {
  return options_.make_thread ? options_.make_thread(std::move(run)) : std::thread{std::move(run)};
}

bool thread_pool::start_thread() {
  try {
    std::thread worker = make_thread([self = shared_from_this()] { self->work(); });
    const auto id = worker.get_id();
    handles_.emplace(id, std::move(worker));
    ++threads_;
    return true;
  } catch (const std::system_error& failure) {
    if (!start_again_ && options_.on_no_thread) options_.on_no_thread(failure.what());
    return false;
  }
}

void thread_pool::work() {
  provide_signal_stack();
  unique_lock lock{mutex_};
  while (true) {
    if (!starting_.empty() && options_.may_begin && !options_.may_begin()) {
      work_.wait_for(lock, ask_again);
    } else if (!starting_.empty()) {
      run_next(lock, std::move(starting_.extract(starting_.begin()).mapped()));
    } else if (stopping_ || threads_ - stuck_threads_ > options_.threads) {
      break;  // a thread of the reserve, or one that was stuck, may be one too many
    } else {
      work_.wait(lock);
    }
  }
  --threads_;
  auto ended_before = std::exchange(finished_, {});
  // After a stop this thread is detached and not joined.
  if (const auto own = handles_.find(std::this_thread::get_id()); own != handles_.end()) {
    finished_.push_back(std::move(own->second));
    handles_.erase(own);
  }
  changed_.notify_all();
  lock.unlock();
  for (auto& thread : ended_before) thread.join();
}

void thread_pool::begin(const call_ptr& call) {
  call->now = stage::running;
  ++running_;
  call->began_at = options_.now();
  if (const auto timeout = call->call.timeout; timeout.count() > 0)
    call->end = steady::now() + std::min(timeout, max_duration);
  call->context.heartbeat();
  if (const auto check = next_check(*call)) set_deadline(*call, check);
}

void thread_pool::run_next(unique_lock& lock, call_ptr next) {
  begin(next);
  ++busy_;
  lock.unlock();
  next->call.place.release();
  auto called = [&] {
    const detail::log_about here{about(next->call)};
    return functions::call(next->call.function->body, next->call.function->code_ref,
                           next->call.state, next->context, options_.result_limits);
  }();
  next->context.close();
  lock.lock();
  if (next->now == stage::answered)
    --stuck_threads_;
  else
    --busy_;
  end(lock, next, std::move(called));
  // Destroys what the function made without the lock.
  lock.unlock();
  next.reset();
  lock.lock();
}

void thread_pool::end(unique_lock& lock, const call_ptr& call, functions::call_outcome called) {
  queue_of(*call).ended(*call);
  functions::call_outcome unused{json{}};
  if (call->now == stage::answered) {
    unused = std::move(called);
  } else {
    // A result after a cancel or a time-out is discarded; a success during a stop is kept.
    const bool too_late = call->stop_reason &&
                          !(stopping_ && called.value && *call->stop_reason == engine_stopping());
    if (too_late) {
      unused = std::move(called);
      called = {*call->stop_reason};
    }
    answer(lock, call, std::move(called));
  }
  dispatch(lock);
  lock.unlock();
  unused = {json{}};
  lock.lock();
}

void thread_pool::begin_asynchronous_calls(unique_lock& lock) {
  // A call may end while it begins, which frees a slot: the loop begins the next, not a recursion.
  if (std::exchange(begins_asynchronous_, true)) return;
  while (!starting_asynchronous_.empty()) {
    const call_ptr call =
        std::move(starting_asynchronous_.extract(starting_asynchronous_.begin()).mapped());
    begin(call);
    lock.unlock();
    call->call.place.release();
    call->call.state = {};
    const detail::log_about here{about(call->call)};
    functions::call_asynchronous(call->call.function->begin, call->call.function->code_ref,
                                 call->context, options_.result_limits,
                                 [self = shared_from_this(), call](functions::call_outcome called) {
                                   call->context.close();
                                   unique_lock locked{self->mutex_};
                                   if (call->now == stage::answered) --self->stuck_asynchronous_;
                                   self->end(locked, call, std::move(called));
                                 });
    lock.lock();
  }
  begins_asynchronous_ = false;
}

void thread_pool::end_threads(unique_lock& lock) {
  changed_.wait(lock, [this] { return threads_ == stuck_threads_; });
  auto finished = std::exchange(finished_, {});
  for (auto& [id, stuck] : handles_) stuck.detach();
  handles_.clear();
  stopped_ = true;
  watch_.notify_all();
  lock.unlock();
  for (auto& thread : finished) thread.join();
  if (watcher_.joinable()) watcher_.join();
  lock.lock();
  changed_.notify_all();
}

}  // namespace pawl::actors
