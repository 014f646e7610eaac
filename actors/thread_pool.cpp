#include "actors/thread_pool.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <pawl/assert.hpp>

#include "actors/signal_stack.hpp"

namespace pawl::actors {

thread_pool::thread_pool(thread_executor_options options) : options_(std::move(options)) {
  PAWL_ASSERT(options_.threads > 0 && options_.queue_limit > 0 && options_.now,
              "an executor needs a thread, a queue and a clock");
}

std::optional<error> thread_pool::refusal() const {
  if (stopping_) return error{errc::unavailable, "the engine is stopping"};
  if (stuck_ > 0 && stuck_ >= options_.max_stuck) {
    return error{errc::overloaded,
                 std::to_string(stuck_) +
                     " functions do not return after they were asked to stop, the maximum "
                     "(executor.max_stuck); no function is called until one of them returns"};
  }
  if (queue_.size() + held_ >= options_.queue_limit) {
    return error{errc::overloaded, std::to_string(queue_.size() + held_) +
                                       " calls are waiting for a thread, the maximum "
                                       "(executor.queue_limit); try again later"};
  }
  return std::nullopt;
}

result<invocation_id> thread_pool::submit(invocation call) {
  PAWL_ASSERT(call.function && call.state && call.done, "a call needs function, state and done");
  unique_lock lock{mutex_};
  if (auto refused = refusal()) return *std::move(refused);
  const auto id = next_id_++;
  auto made = std::make_shared<queued_call>(id, std::move(call));
  if (const auto earlier = find_running_call_of(made->call)) {
    earlier->after.push_back(std::move(made));
    ++held_;
    return id;
  }
  queue_.push(std::move(made));
  if (auto provided = provide_thread(); !provided) {
    const auto refused = queue_.erase(id);  // destroyed after the lock is released
    lock.unlock();
    return std::move(provided).error();
  }
  if (waiting_ > 0 && queue_.ready() > 0) work_.notify_one();
  return id;
}

result<void> thread_pool::provide_thread() {
  if (queue_.ready() <= waiting_ || threads_ - stuck_ >= options_.threads ||
      threads_ >= std::size_t{options_.threads} + options_.max_stuck)
    return {};
  try {
    if (!watcher_.joinable())
      watcher_ = std::thread{[self = shared_from_this()] { self->watch(); }};
    std::thread worker{[self = shared_from_this()] { self->work(); }};
    const auto id = worker.get_id();
    handles_.emplace(id, std::move(worker));
    ++threads_;
  } catch (const std::system_error& failure) {
    // With fewer threads the executor is slower, but works.
    if (threads_ > stuck_) return {};
    return error{errc::overloaded,
                 std::string{"cannot start a thread for step functions: "} + failure.what()};
  }
  return {};
}

void thread_pool::work() {
  provide_signal_stack();
  unique_lock lock{mutex_};
  // A stuck thread that returns may be one too many.
  while (threads_ - stuck_ <= options_.threads) {
    if (auto next = queue_.pop()) {
      run_next(lock, std::move(next));
    } else if (stopping_) {
      break;
    } else {
      ++waiting_;
      work_.wait(lock);
      --waiting_;
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
  call->began_at = options_.now();
  running_.push_back(call);
  if (const auto timeout = call->call.timeout; timeout.count() > 0)
    call->end = steady::now() + std::min(timeout, max_duration);
  call->context.heartbeat();
  if (const auto check = next_check(*call)) set_deadline(call, *check);
}

void thread_pool::run_next(unique_lock& lock, call_ptr next) {
  begin(next);
  lock.unlock();
  auto called = [&] {
    const detail::log_about here{about(next->call)};
    return functions::call(next->call.function->body, next->call.function->code_ref,
                           *next->call.state, next->context, options_.result_limits);
  }();
  auto& value = called.value;
  next->context.close();
  lock.lock();
  queue_.ended(*next);
  if (queue_.ready() > 0 && waiting_ > 0) work_.notify_one();
  if (next->answered) {
    --stuck_;
  } else {
    // A result after a cancel or a time-out is discarded; a success during a stop is kept.
    const bool too_late =
        next->stop_reason && !(stopping_ && value && *next->stop_reason == engine_stopping());
    if (too_late) called = {*next->stop_reason};
    answer(lock, next, std::move(called));
  }
  // Destroys what the function made without the lock.
  lock.unlock();
  next.reset();
  called = {json{}};
  lock.lock();
}

void thread_pool::answer(unique_lock& lock, const call_ptr& call, functions::call_outcome what,
                         function_state now) {
  PAWL_ASSERT(!call->answered, "a call is answered once");
  call->answered = true;
  erase_running(call);
  ++answering_;
  const auto finished_at = options_.now();
  outcome how{std::move(what.value), std::move(what.interrupted),
              call->began_at.value_or(finished_at), finished_at};
  lock.unlock();
  {
    // A stuck thread keeps the call, so what others own is moved out of it here.
    call->context.close();
    const auto done = std::move(call->call.done);
    const auto observer = std::move(call->call.observer);
    if (now == function_state::returned)
      call->call.state.reset();
    else if (options_.on_stuck)
      options_.on_stuck(call->call, how.value.error());
    done(std::move(how));
  }
  lock.lock();
  --answering_;
  release_calls_after(*call);
  changed_.notify_all();
}

call_ptr thread_pool::find_running_call_of(const invocation& step) const {
  if (step.idempotency_key.empty()) return nullptr;  // of no step
  const auto found = std::find_if(running_.begin(), running_.end(), [&](const call_ptr& other) {
    return other->call.run == step.run && other->call.idempotency_key == step.idempotency_key;
  });
  return found == running_.end() ? nullptr : *found;
}

void thread_pool::release_calls_after(queued_call& ended) {
  for (auto& next : std::exchange(ended.after, {})) {
    // They wait for one another, too.
    if (const auto earlier = find_running_call_of(next->call)) {
      earlier->after.push_back(std::move(next));
      continue;
    }
    --held_;
    queue_.push(std::move(next));
    // If no thread can be started, those that are left continue.
    static_cast<void>(provide_thread());
    if (waiting_ > 0 && queue_.ready() > 0) work_.notify_one();
  }
}

call_ptr thread_pool::take_held(invocation_id id) {
  for (const auto& call : running_) {
    const auto found = std::find_if(call->after.begin(), call->after.end(),
                                    [id](const call_ptr& held) { return held->id == id; });
    if (found == call->after.end()) continue;
    call_ptr held = std::move(*found);
    call->after.erase(found);
    --held_;
    return held;
  }
  return nullptr;
}

void thread_pool::erase_running(const call_ptr& call) {
  const auto found = std::find(running_.begin(), running_.end(), call);
  if (found == running_.end()) return;
  std::swap(*found, running_.back());
  running_.pop_back();
}

void thread_pool::cancel(invocation_id id) {
  unique_lock lock{mutex_};
  auto waiting = queue_.erase(id);
  if (!waiting) waiting = take_held(id);
  if (waiting) {
    answer(lock, waiting, {call_cancelled()});
    lock.unlock();  // before the call is destroyed
    return;
  }
  const auto found = std::find_if(running_.begin(), running_.end(),
                                  [&](const call_ptr& call) { return call->id == id; });
  if (found == running_.end()) return;
  const call_ptr call = *found;
  const bool is_new = request_stop(call, call_cancelled());
  lock.unlock();
  if (is_new) call->stop.request_stop();
}

void thread_pool::stop(std::chrono::milliseconds limit) {
  unique_lock lock{mutex_};
  if (std::exchange(stopping_, true)) {
    changed_.wait(lock, [this] { return stopped_; });
    return;
  }
  auto never_started = queue_.clear();
  for (const auto& call : running_)
    for (auto& held : std::exchange(call->after, {})) never_started.push_back(std::move(held));
  held_ = 0;
  for (const auto& call : never_started) answer(lock, call, {engine_stopping()});
  work_.notify_all();
  const auto until = steady::now() + std::min(limit, max_duration);
  changed_.wait_until(lock, until, [this] { return running_.empty(); });
  std::vector<call_ptr> late;
  for (const auto& call : running_)
    if (request_stop(call, engine_stopping())) late.push_back(call);
  lock.unlock();
  never_started.clear();
  for (const auto& call : late) call->stop.request_stop();
  lock.lock();
  // Ends, because the watcher abandons calls that do not return.
  changed_.wait(lock, [this] { return running_.empty() && answering_ == 0; });
  end_threads(lock);
}

void thread_pool::end_threads(unique_lock& lock) {
  changed_.wait(lock, [this] { return threads_ == stuck_; });
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

executor::load thread_pool::current_load() const {
  const std::lock_guard lock{mutex_};
  return {queue_.size() + held_, running_.size(), stuck_};
}

}  // namespace pawl::actors
