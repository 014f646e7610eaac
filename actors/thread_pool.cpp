#include "actors/thread_pool.hpp"

#include <algorithm>
#include <utility>

#include <pawl/assert.hpp>

namespace pawl::actors {

thread_pool::thread_pool(thread_executor_options options)
    : options_(std::move(options)),
      queue_(options_.threads),
      asynchronous_(options_.max_asynchronous),
      timed_(options_.max_timed) {
  PAWL_ASSERT(options_.threads > 0 && options_.max_asynchronous > 0 && options_.max_timed > 0 &&
                  options_.now,
              "an executor needs a thread, slots and a clock");
}

result<invocation_id> thread_pool::submit(invocation call) {
  PAWL_ASSERT(call.function && call.done, "a call needs a function and done");
  unique_lock lock{mutex_};
  if (stopping_) return error{errc::unavailable, "the engine is stopping"};
  const auto id = next_id_++;
  const auto made = std::make_shared<queued_call>(id, std::move(call), options_.timers);
  calls_.emplace(id, made);
  enqueue(made);
  dispatch(lock);
  return id;
}

call_queue& thread_pool::queue_of(const queued_call& call) {
  return const_cast<call_queue&>(std::as_const(*this).queue_of(call));  // NOLINT: it is ours
}

const call_queue& thread_pool::queue_of(const queued_call& call) const {
  const auto& function = *call.call.function;
  if (!function.begin) return queue_;
  return function.cost == functions::asynchronous_cost::timer ? timed_ : asynchronous_;
}

void thread_pool::enqueue(const call_ptr& call) {
  if (!call->call.idempotency_key.empty()) {  // else it is a call of no step
    const auto [place, is_first] = steps_.insert(call.get());
    if (!is_first) {
      call->now = stage::held;
      call->earlier = *place;
      (*place)->after.push_back(call);
      return;
    }
  }
  queue_of(*call).push(call);
}

void thread_pool::withdraw(queued_call& call) {
  switch (call.now) {
    case stage::held:
      std::erase_if(call.earlier->after, [&](const call_ptr& c) { return c.get() == &call; });
      break;
    case stage::aside:
    case stage::ready:
      queue_of(call).erase(call);
      break;
    case stage::starting:
      (call.call.function->begin ? starting_asynchronous_ : starting_).erase(call.id);
      queue_of(call).ended(call);
      break;
    default:
      PAWL_ASSERT(false, "a call that has begun cannot be withdrawn");
  }
  if (const auto own = steps_.find(&call); own != steps_.end() && *own == &call) steps_.erase(own);
}

void thread_pool::dispatch(unique_lock& lock) {
  // With `max_stuck` stuck threads no function is called until one returns.
  while (stuck_threads_ < options_.max_stuck) {
    auto next = queue_.pop();
    if (!next) break;
    starting_.emplace(next->id, std::move(next));
    work_.notify_one();
  }
  provide_threads();
  for (call_queue* const from : {&asynchronous_, &timed_})
    while (auto next = from->pop()) starting_asynchronous_.emplace(next->id, std::move(next));
  begin_asynchronous_calls(lock);
}

void thread_pool::answer(unique_lock& lock, const call_ptr& call, functions::call_outcome what,
                         function_state now) {
  PAWL_ASSERT(call->now != stage::answered, "a call is answered once");
  if (call->now == stage::running) --running_;
  call->now = stage::answered;
  set_deadline(*call, std::nullopt);
  calls_.erase(call->id);
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
    const auto place = std::move(call->call.place);
    if (now == function_state::returned)
      call->call.state = {};
    else if (options_.on_stuck)
      options_.on_stuck(call->call, how.value.error());
    done(std::move(how));
  }
  lock.lock();
  --answering_;
  if (const auto own = steps_.find(call.get()); own != steps_.end() && *own == call.get())
    steps_.erase(own);
  // The first of them becomes the call of the step, the others wait for it.
  for (auto& next : std::exchange(call->after, {})) enqueue(next);
  changed_.notify_all();
}

void thread_pool::cancel(invocation_id id) {
  unique_lock lock{mutex_};
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  const call_ptr call = found->second;  // destroyed after the lock is released
  if (call->now != stage::running) {
    withdraw(*call);
    answer(lock, call, {call_cancelled()});
    dispatch(lock);
    lock.unlock();
    return;
  }
  const bool is_new = request_stop(*call, call_cancelled());
  lock.unlock();
  if (is_new) call->stop.request_stop();
}

void thread_pool::stop(std::chrono::milliseconds limit) {
  unique_lock lock{mutex_};
  if (std::exchange(stopping_, true)) {
    changed_.wait(lock, [this] { return stopped_; });
    return;
  }
  std::vector<call_ptr> never_started;
  for (const auto& [id, call] : calls_)
    if (call->now != stage::running) never_started.push_back(call);
  for (const auto& call : never_started) withdraw(*call);
  for (const auto& call : never_started) answer(lock, call, {engine_stopping()});
  work_.notify_all();
  const auto until = steady::now() + std::min(limit, max_duration);
  changed_.wait_until(lock, until, [this] { return running_ == 0; });
  std::vector<call_ptr> late;
  for (const auto& [id, call] : calls_)
    if (call->now == stage::running && request_stop(*call, engine_stopping())) late.push_back(call);
  lock.unlock();
  never_started.clear();
  for (const auto& call : late) call->stop.request_stop();
  lock.lock();
  // Ends, because the watcher abandons calls that do not return.
  changed_.wait(lock, [this] { return running_ == 0 && answering_ == 0; });
  end_threads(lock);
}

std::optional<call_progress> thread_pool::progress_of(const run_key& run,
                                                      const std::string& idempotency_key) const {
  const std::lock_guard lock{mutex_};
  const auto own = steps_.find(by_step::step{idempotency_key, run});
  if (own == steps_.end()) return std::nullopt;
  const queued_call& call = **own;
  call_progress progress;
  if (!call.after.empty()) {
    progress.now = call_progress::stage::held;
    return progress;
  }
  switch (call.now) {
    case stage::held:
      progress.now = call_progress::stage::held;
      break;
    case stage::aside:
    case stage::ready:
      progress.now =
          call.now == stage::aside ? call_progress::stage::limited : call_progress::stage::queued;
      progress.ahead = queue_of(call).ahead_of(call, call_progress::max_ahead);
      progress.waiting = queue_of(call).size();
      break;
    case stage::starting:
      progress.now = call_progress::stage::starting;
      break;
    case stage::running:
      progress.now = call_progress::stage::running;
      progress.began_at = call.began_at;
      if (call.end) {
        progress.left =
            std::max(std::chrono::milliseconds{0},
                     std::chrono::ceil<std::chrono::milliseconds>(*call.end - steady::now()));
      }
      break;
    case stage::answered:
      return std::nullopt;
  }
  return progress;
}

executor::load thread_pool::current_load() const {
  const std::lock_guard lock{mutex_};
  return {calls_.size() - running_, running_, stuck_threads_ + stuck_asynchronous_};
}

}  // namespace pawl::actors
