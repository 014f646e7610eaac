#include "runtime/scheduler.hpp"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <caf/actor_system_config.hpp>
#include <caf/detail/thread_safe_actor_clock.hpp>
#include <caf/execution_unit.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

namespace pawl {
namespace {

/// Ignores cancellations while there is nothing to cancel. A timeout that is being set by another
/// actor meanwhile cannot be the one that an actor cancels, because actors set and cancel their
/// own.
class quiet_clock final : public caf::detail::thread_safe_actor_clock {
 public:
  using base = caf::detail::thread_safe_actor_clock;

  void set_ordinary_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                            std::uint64_t id) override {
    has_timeouts_ = true;
    base::set_ordinary_timeout(t, self, type, id);
  }
  void set_multi_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                         std::uint64_t id) override {
    has_timeouts_ = true;
    base::set_multi_timeout(t, self, type, id);
  }
  void set_request_timeout(time_point t, caf::abstract_actor* self, caf::message_id id) override {
    has_timeouts_ = true;
    base::set_request_timeout(t, self, id);
  }
  void cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) override {
    if (has_timeouts_) base::cancel_ordinary_timeout(self, type);
  }
  void cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) override {
    if (has_timeouts_) base::cancel_request_timeout(self, id);
  }
  void cancel_timeouts(caf::abstract_actor* self) override {
    if (has_timeouts_) base::cancel_timeouts(self);
  }

 private:
  std::atomic<bool> has_timeouts_{false};  ///< one was set at any time
};

/// Actors that have messages, in the order in which they got their first. Thread-safe.
class run_queue {
 public:
  /// Null ends the thread that takes it.
  void push(caf::resumable* job) {
    {
      const std::lock_guard lock{mutex_};
      jobs_.push_back(job);
    }
    filled_.notify_one();
  }

  /// Waits for a job.
  caf::resumable* pop() {
    std::unique_lock lock{mutex_};
    filled_.wait(lock, [this] { return !jobs_.empty(); });
    return take();
  }

  /// Returns null if there is none.
  caf::resumable* try_pop() {
    const std::lock_guard lock{mutex_};
    return jobs_.empty() ? nullptr : take();
  }

 private:
  caf::resumable* take() {
    auto* const job = jobs_.front();
    jobs_.pop_front();
    return job;
  }

  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<caf::resumable*> jobs_;
};

/// A thread that executes actors of the queue.
class worker final : public caf::execution_unit {
 public:
  worker(caf::actor_system& system, run_queue& queue, std::size_t max_messages)
      : caf::execution_unit(&system),
        queue_(queue),
        max_messages_(max_messages),
        thread_([this] { run(); }) {}

  void exec_later(caf::resumable* job) override { queue_.push(job); }

  void join() { thread_.join(); }

 private:
  void run() {
    pthread_setname_np(pthread_self(), "caf.multiplexer");
    system().thread_started();
    while (auto* const job = queue_.pop()) {
      if (job->resume(this, max_messages_) == caf::resumable::resume_later)
        queue_.push(job);  // with the reference that the queue held
      else
        caf::intrusive_ptr_release(job);
    }
    system().thread_terminates();
  }

  run_queue& queue_;
  const std::size_t max_messages_;
  std::thread thread_;
};

class pawl_scheduler final : public caf::scheduler::abstract_coordinator {
 public:
  using base = caf::scheduler::abstract_coordinator;
  using base::base;

  void enqueue(caf::resumable* job) override { queue_.push(job); }
  caf::detail::thread_safe_actor_clock& clock() noexcept override { return clock_; }

 protected:
  void start() override {
    workers_.reserve(num_workers());
    for (std::size_t i = 0; i < num_workers(); ++i)
      workers_.push_back(std::make_unique<worker>(system(), queue_, max_throughput()));
    timer_ = std::thread{[this] {
      pthread_setname_np(pthread_self(), "caf.clock");
      system().thread_started();
      clock_.run_dispatch_loop();
      system().thread_terminates();
    }};
    base::start();
  }

  void stop() override {
    stop_actors();
    for (std::size_t i = 0; i < workers_.size(); ++i) queue_.push(nullptr);
    for (auto& each : workers_) each->join();
    while (auto* const job = queue_.try_pop()) cleanup_and_release(job);
    clock_.cancel_dispatch_loop();
    timer_.join();
  }

 private:
  quiet_clock clock_;
  run_queue queue_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::thread timer_;
};

}  // namespace

void use_pawl_scheduler(caf::actor_system_config& config) {
  config.module_factories.emplace_back([](caf::actor_system& system) -> caf::actor_system::module* {
    return new pawl_scheduler(system);
  });
}

}  // namespace pawl
