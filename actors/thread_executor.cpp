#include "actors/thread_executor.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pawl/assert.hpp>
#include <pawl/code_ref.hpp>

#include "actors/call_queue.hpp"
#include "functions/call.hpp"

namespace pawl::actors {
namespace {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

error took_too_long(const invocation& call) {
  return {errc::timed_out, pawl::quoted(call.function->code_ref) +
                               " took longer than its time-out of " +
                               std::to_string(call.timeout.count()) + " ms"};
}

error was_silent(const invocation& call) {
  return {errc::timed_out,
          pawl::quoted(call.function->code_ref) + " has given no sign of life for its " +
              std::to_string(call.heartbeat.count()) + " ms (heartbeat_timeout)",
          "heartbeat_timeout"};
}

/// When a call is to be looked at again: at the end of its time, or when it has been silent for too
/// long. None: never.
std::optional<steady::time_point> next_look(const queued_call& call) {
  auto when = call.end;
  if (call.call.heartbeat.count() > 0) {
    const auto silent_until =
        call.context.last_sign() + std::min(call.call.heartbeat, max_duration);
    when = when ? std::min(*when, silent_until) : silent_until;
  }
  return when;
}

error cancelled() {
  return {errc::cancelled, "the step was cancelled"};
}
error engine_stops() {
  return {errc::cancelled, "the engine is stopping"};
}

/// Everything that the threads share. Lives until the last of them, stuck or not, is gone.
class thread_pool : public std::enable_shared_from_this<thread_pool> {
 public:
  explicit thread_pool(thread_executor_options options) : options_(std::move(options)) {
    PAWL_ASSERT(options_.threads > 0 && options_.queue_limit > 0 && options_.now,
                "an executor needs a thread, a queue and a clock");
  }

  result<invocation_id> submit(invocation call);
  void cancel(invocation_id id);
  void stop(milliseconds limit);
  [[nodiscard]] executor::load current_load() const;

 private:
  using lock = std::unique_lock<std::mutex>;

  /// Says why no call can be taken now, if so.
  [[nodiscard]] std::optional<error> refusal() const;
  /// Starts a thread if calls are ready for which there is none. Error: there is no thread at all.
  [[nodiscard]] result<void> provide_thread();

  void work();
  void run_next(lock& held, call_ptr next);
  void begin(const call_ptr& call);
  void watch();
  void expire(lock& held);
  /// Records why a running call has to stop, from when its grace runs. False if it knows already.
  bool tell_to_stop(const call_ptr& call, error why);
  void set_deadline(const call_ptr& call, steady::time_point when);
  /// What `answer` tells of the function: it has returned or never begun, or it still runs.
  enum class function_is : std::uint8_t { over, stuck };
  void give_up(lock& held, const call_ptr& call);
  /// Answers a call, once. The lock is released meanwhile.
  void answer(lock& held, const call_ptr& call, functions::call_outcome what,
              function_is now = function_is::over);
  void forget_running(const call_ptr& call);
  void end_threads(lock& held);

  const thread_executor_options options_;
  mutable std::mutex mutex_;  ///< guards what follows, and what changes in calls
  std::condition_variable work_;
  std::condition_variable watch_;
  std::condition_variable quiet_;  ///< something that `stop` waits for has changed
  call_queue queue_;
  std::vector<call_ptr> running_;  ///< begun and not answered; at most one for each thread
  invocation_id next_id_ = 1;
  std::size_t threads_ = 0;    ///< all workers, stuck ones included
  std::size_t waiting_ = 0;    ///< workers without a call
  std::size_t stuck_ = 0;      ///< workers in a call that was given up
  std::size_t answering_ = 0;  ///< `done`s under way
  std::unordered_map<std::thread::id, std::thread> handles_;
  std::vector<std::thread> finished_;  ///< the worker that ended last; it joins those before
  std::thread watcher_;                ///< looks after deadlines; started with the first worker
  steady::time_point watched_until_ = steady::time_point::max();
  bool stopping_ = false;
  bool stopped_ = false;
};

std::optional<error> thread_pool::refusal() const {
  if (stopping_) return error{errc::unavailable, "the engine is stopping and calls no function"};
  if (stuck_ > 0 && stuck_ >= options_.max_stuck) {
    return error{errc::overloaded,
                 std::to_string(stuck_) +
                     " functions have not returned though they were told to stop, as many as "
                     "executor.max_stuck allows; no other is called until one of them returns"};
  }
  if (queue_.size() >= options_.queue_limit) {
    return error{errc::overloaded, std::to_string(queue_.size()) +
                                       " calls wait for a thread, as many as "
                                       "executor.queue_limit allows; try again later"};
  }
  return std::nullopt;
}

result<invocation_id> thread_pool::submit(invocation call) {
  PAWL_ASSERT(call.function && call.state && call.done, "a call needs function, state and done");
  lock held{mutex_};
  if (auto refused = refusal()) return *std::move(refused);
  const auto id = next_id_++;
  queue_.push(std::make_shared<queued_call>(id, std::move(call)));
  if (auto provided = provide_thread(); !provided) {
    const auto refused = queue_.erase(id);  // destroyed after the lock is released
    held.unlock();
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
    // With fewer threads than wished for everything still goes on, only slower.
    if (threads_ > stuck_) return {};
    return error{errc::overloaded,
                 std::string{"cannot start a thread for step functions: "} + failure.what()};
  }
  return {};
}

void thread_pool::work() {
  lock held{mutex_};
  // A thread that was stuck and has come back may be one too many.
  while (threads_ - stuck_ <= options_.threads) {
    if (auto next = queue_.pop()) {
      run_next(held, std::move(next));
    } else if (stopping_) {
      break;
    } else {
      ++waiting_;
      work_.wait(held);
      --waiting_;
    }
  }
  --threads_;
  auto ended_before = std::exchange(finished_, {});
  // After a stop nobody joins this thread any more: its handle is detached.
  if (const auto own = handles_.find(std::this_thread::get_id()); own != handles_.end()) {
    finished_.push_back(std::move(own->second));
    handles_.erase(own);
  }
  quiet_.notify_all();
  held.unlock();
  for (auto& thread : ended_before) thread.join();
}

void thread_pool::begin(const call_ptr& call) {
  call->began_at = options_.now();
  running_.push_back(call);
  if (const auto timeout = call->call.timeout; timeout.count() > 0)
    call->end = steady::now() + std::min(timeout, max_duration);
  call->context.heartbeat();
  if (const auto look = next_look(*call)) set_deadline(call, *look);
}

void thread_pool::run_next(lock& held, call_ptr next) {
  begin(next);
  held.unlock();
  auto called = [&] {
    const detail::log_about here{about(next->call)};
    return functions::call(next->call.function->body, next->call.function->code_ref,
                           *next->call.state, next->context, options_.result_limits);
  }();
  auto& value = called.value;
  next->context.close();
  held.lock();
  queue_.ended(*next);
  if (queue_.ready() > 0 && waiting_ > 0) work_.notify_one();
  if (next->answered) {
    --stuck_;
  } else {
    // What comes after a cancel or a time-out is not recorded; a success during an orderly stop is.
    const bool too_late =
        next->verdict && !(stopping_ && value && *next->verdict == engine_stops());
    if (too_late) called = {*next->verdict};
    answer(held, next, std::move(called));
  }
  // What foreign code has made is not destroyed under the lock.
  held.unlock();
  next.reset();
  called = {json{}};
  held.lock();
}

void thread_pool::answer(lock& held, const call_ptr& call, functions::call_outcome what,
                         function_is now) {
  PAWL_ASSERT(!call->answered, "a call is answered once");
  call->answered = true;
  forget_running(call);
  ++answering_;
  const auto finished_at = options_.now();
  outcome how{std::move(what.value), std::move(what.interrupted),
              call->began_at.value_or(finished_at), finished_at};
  held.unlock();
  {
    // A stuck thread keeps the call: what belongs to others is taken out of it here.
    call->context.close();
    const auto done = std::move(call->call.done);
    const auto observer = std::move(call->call.observer);
    if (now == function_is::over)
      call->call.state.reset();
    else if (options_.on_stuck)
      options_.on_stuck(call->call, how.value.error());
    done(std::move(how));
  }
  held.lock();
  --answering_;
  quiet_.notify_all();
}

void thread_pool::forget_running(const call_ptr& call) {
  const auto found = std::find(running_.begin(), running_.end(), call);
  if (found == running_.end()) return;
  std::swap(*found, running_.back());
  running_.pop_back();
}

void thread_pool::set_deadline(const call_ptr& call, steady::time_point when) {
  call->deadline = when;
  if (when < watched_until_) watch_.notify_one();
}

bool thread_pool::tell_to_stop(const call_ptr& call, error why) {
  if (call->verdict) return false;
  call->verdict = std::move(why);
  set_deadline(call, steady::now() + std::min(options_.grace, max_duration));
  return true;
}

void thread_pool::watch() {
  lock held{mutex_};
  while (!stopped_) {
    watched_until_ = steady::time_point::max();
    for (const auto& call : running_)
      if (call->deadline) watched_until_ = std::min(watched_until_, *call->deadline);
    if (watched_until_ == steady::time_point::max())
      watch_.wait(held);
    else if (watched_until_ > steady::now())
      watch_.wait_until(held, watched_until_);
    else
      expire(held);
  }
}

void thread_pool::expire(lock& held) {
  const auto now = steady::now();
  std::vector<call_ptr> due;
  for (const auto& call : running_)
    if (call->deadline && *call->deadline <= now) due.push_back(call);
  for (const auto& call : due) {
    // While another was looked after this one may have returned, or been told to stop.
    if (call->answered || !call->deadline || *call->deadline > now) continue;
    const auto look = call->verdict ? std::nullopt : next_look(*call);
    if (look && *look > now) {  // it has said something since
      call->deadline = look;
      continue;
    }
    const bool at_end = call->end && *call->end <= now;
    if (tell_to_stop(call, at_end ? took_too_long(call->call) : was_silent(call->call))) {
      held.unlock();
      call->stop.request_stop();
      held.lock();
    } else {
      give_up(held, call);
    }
  }
}

void thread_pool::give_up(lock& held, const call_ptr& call) {
  ++stuck_;
  // If no thread can be started those that are left go on.
  static_cast<void>(provide_thread());
  auto why = *call->verdict;
  why.message += "; it has not returned though it was told to stop, and is given up";
  answer(held, call, {std::move(why)}, function_is::stuck);
}

void thread_pool::cancel(invocation_id id) {
  lock held{mutex_};
  if (const auto waiting = queue_.erase(id)) {
    answer(held, waiting, {cancelled()});
    held.unlock();  // before the call is destroyed
    return;
  }
  const auto found = std::find_if(running_.begin(), running_.end(),
                                  [&](const call_ptr& call) { return call->id == id; });
  if (found == running_.end()) return;
  const call_ptr call = *found;
  const bool is_new = tell_to_stop(call, cancelled());
  held.unlock();
  if (is_new) call->stop.request_stop();
}

void thread_pool::stop(milliseconds limit) {
  lock held{mutex_};
  if (std::exchange(stopping_, true)) {
    quiet_.wait(held, [this] { return stopped_; });
    return;
  }
  auto never_begun = queue_.clear();
  for (const auto& call : never_begun) answer(held, call, {engine_stops()});
  work_.notify_all();
  const auto until = steady::now() + std::min(limit, max_duration);
  quiet_.wait_until(held, until, [this] { return running_.empty(); });
  std::vector<call_ptr> late;
  for (const auto& call : running_)
    if (tell_to_stop(call, engine_stops())) late.push_back(call);
  held.unlock();
  never_begun.clear();
  for (const auto& call : late) call->stop.request_stop();
  held.lock();
  // Ends: the watcher gives up what does not return.
  quiet_.wait(held, [this] { return running_.empty() && answering_ == 0; });
  end_threads(held);
}

void thread_pool::end_threads(lock& held) {
  quiet_.wait(held, [this] { return threads_ == stuck_; });
  auto finished = std::exchange(finished_, {});
  for (auto& [id, stuck] : handles_) stuck.detach();
  handles_.clear();
  stopped_ = true;
  watch_.notify_all();
  held.unlock();
  for (auto& thread : finished) thread.join();
  if (watcher_.joinable()) watcher_.join();
  held.lock();
  quiet_.notify_all();
}

executor::load thread_pool::current_load() const {
  const std::lock_guard held{mutex_};
  return {queue_.size(), running_.size(), stuck_};
}

class thread_executor final : public executor {
 public:
  explicit thread_executor(thread_executor_options options)
      : pool_(std::make_shared<thread_pool>(std::move(options))) {}
  ~thread_executor() override { pool_->stop(milliseconds{0}); }

  result<invocation_id> submit(invocation call) override { return pool_->submit(std::move(call)); }
  void cancel(invocation_id call) override { pool_->cancel(call); }
  void stop(milliseconds limit) override { pool_->stop(limit); }
  load current_load() const override { return pool_->current_load(); }

 private:
  const std::shared_ptr<thread_pool> pool_;
};

}  // namespace

std::unique_ptr<executor> make_thread_executor(thread_executor_options options) {
  return std::make_unique<thread_executor>(std::move(options));
}

}  // namespace pawl::actors
