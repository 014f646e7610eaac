#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "actors/clock.hpp"
#include "actors/executor.hpp"
#include "actors/loader.hpp"
#include "actors/rng.hpp"
#include "functions/call.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/testing/wrapped_store.hpp"

/// The parts of a simulated engine that depend on one seed.
namespace pawl::simulation {

/// What survives crashes: the random numbers, the time, and the calls of functions.
struct world {
  explicit world(std::uint64_t seed) : random(seed) {}

  /// A number below `below`.
  std::size_t draw(std::size_t below) { return static_cast<std::size_t>(random() % below); }

  std::mt19937_64 random;
  std::int64_t now_us = 1'700'000'000'000'000;  ///< near the times that random flows wait for
  std::int64_t wall_clock_lag_us = 0;           ///< how far the wall clock was set back
  std::map<std::string, int> calls;             ///< by idempotency key: number of calls
  /// Whether the run actor that submits this call crashes.
  std::function<bool(const actors::invocation&)> crashes = [this](const auto&) {
    return draw(60) == 0;
  };
  std::size_t crashed = 0;
  std::size_t signals = 0;  ///< ids assigned
  std::size_t writes_until_full =
      0;  ///< writes and syncs until the store fails; 0: it does not fail
  bool checkpoints_readable = true;  ///< whether the store can read checkpoints
  std::size_t failed_reads = 0;      ///< of checkpoints
  /// The actor that handles a message, or the loader. Empty: the test itself.
  std::string_view working;
  std::map<std::string, std::size_t> reads;  ///< of the store, by who worked

  /// Counts a read of the store.
  void note_read() {
    if (!working.empty()) ++reads[std::string{working}];
  }
  /// The actors on scheduler threads, which must not wait for the disk, that have read the store.
  [[nodiscard]] std::string readers_on_scheduler() const {
    auto found = reads;
    for (const char* const own_thread :
         {"loader", "pawl.persister", "pawl.syncer", "pawl.catalog", "pawl.timer",
          "pawl.dispatcher", "pawl.supervisor", "pawl.cleaner", "pawl.jobs", "pawl.blob_keeper"})
      found.erase(own_thread);
    std::string names;
    for (const auto& [name, times] : found) names += name + ": " + std::to_string(times) + "; ";
    return names;
  }
};

/// A view of a store that counts its reads, and cannot read its checkpoints while the world says
/// so.
class world_view final : public persistence::view {
 public:
  world_view(world& w, std::shared_ptr<const persistence::view> inner)
      : world_(w), inner_(std::move(inner)) {}

  result<std::optional<std::string>> get(persistence::column where,
                                         std::string_view key) const override {
    world_.note_read();
    if (fails(where)) return unreadable();
    return inner_->get(where, key);
  }
  result<void> scan(persistence::column where, const range& keys,
                    const visitor& visit) const override {
    world_.note_read();
    if (fails(where)) return unreadable();
    return inner_->scan(where, keys, visit);
  }
  result<std::int64_t> counter(std::string_view key) const override {
    world_.note_read();
    return inner_->counter(key);
  }

 private:
  static error unreadable() { return {errc::io_failed, "a read that the test lets fail"}; }
  [[nodiscard]] bool fails(persistence::column where) const {
    if (world_.checkpoints_readable || where != persistence::column::checkpoints) return false;
    ++world_.failed_reads;
    return true;
  }

  world& world_;
  const std::shared_ptr<const persistence::view> inner_;
};

/// A store whose disk gets full when the world says so. It then fails every write, as each store
/// that has failed.
class world_store final : public persistence::testing::wrapped_store {
 public:
  world_store(world& w, std::shared_ptr<persistence::memory_store> inner)
      : wrapped_store(std::move(inner)), world_(w) {}

  result<std::shared_ptr<const persistence::view>> write(
      std::span<const persistence::batch* const> batches) override {
    if (fails()) return full();
    return wrapped_store::write(batches);
  }
  result<void> sync() override {
    if (fails()) return full();
    return wrapped_store::sync();
  }
  std::shared_ptr<const persistence::view> durable_view() const override {
    return std::make_shared<world_view>(world_, wrapped_store::durable_view());
  }

 private:
  static error full() { return {errc::storage_full, "the disk of the test is full"}; }
  bool fails() {
    if (!failed_ && world_.writes_until_full > 0) failed_ = --world_.writes_until_full == 0;
    return failed_;
  }

  world& world_;
  bool failed_ = false;
};

class world_clock final : public actors::clock {
 public:
  explicit world_clock(world& w) : world_(w) {}
  time_point now() const override { return from_unix_us(world_.now_us - world_.wall_clock_lag_us); }
  std::chrono::steady_clock::time_point ticks() const override {
    return std::chrono::steady_clock::time_point{std::chrono::microseconds{world_.now_us}};
  }

 private:
  world& world_;
};

class world_rng final : public actors::rng {
 public:
  explicit world_rng(world& w) : world_(w) {}
  double draw() override { return static_cast<double>(world_.draw(1000)) / 1000; }

 private:
  world& world_;
};

/// Runs jobs at random times and in random order, on the thread of the test.
class world_loader final : public actors::loader {
 public:
  explicit world_loader(world& w) : world_(w) {}

  void post(job next) override { jobs_.push_back(std::move(next)); }
  void post_check(std::string_view, std::string_view, job next) override { post(std::move(next)); }
  void stop() override {
    while (run_one()) {
    }
  }

  [[nodiscard]] std::size_t waiting() const noexcept { return jobs_.size(); }
  /// Returns false if none waits.
  bool run_one() {
    if (jobs_.empty()) return false;
    const auto chosen = jobs_.begin() + static_cast<std::ptrdiff_t>(world_.draw(jobs_.size()));
    const job next = std::move(*chosen);
    jobs_.erase(chosen);
    world_.working = "loader";
    next();
    world_.working = {};
    return true;
  }

 private:
  world& world_;
  std::deque<job> jobs_;
};

/// Calls functions at random times, on the thread of the test.
class world_executor final : public actors::executor {
 public:
  explicit world_executor(world& w) : world_(w) {}

  result<actors::invocation_id> submit(actors::invocation call) override {
    if (stopped_) return error{errc::unavailable, "stopping"};
    if (world_.crashes(call)) {
      ++world_.crashed;
      throw std::runtime_error("a crash made by the test");
    }
    waiting_.emplace(next_, std::move(call));
    return next_++;
  }
  void cancel(actors::invocation_id id) override {
    answer(id, {error{errc::cancelled, "cancelled"}});
  }
  void stop(std::chrono::milliseconds) override {
    stopped_ = true;
    while (!waiting_.empty()) cancel(waiting_.begin()->first);
  }
  load current_load() const override { return {waiting_.size(), 0, 0}; }

  /// Calls one of the waiting functions. Returns false if none waits.
  bool run_one() {
    if (waiting_.empty()) return false;
    auto chosen = waiting_.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(world_.draw(waiting_.size())));
    auto& call = chosen->second;
    ++world_.calls[call.idempotency_key];
    functions::call_context context{actors::facts_of(call), actors::observer_of(call), {}, {}};
    answer(chosen->first,
           functions::call(call.function->body, "simulated", call.state, context, {}));
    return true;
  }

 private:
  void answer(actors::invocation_id id, functions::call_outcome how) {
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return;
    auto call = std::move(found->second);
    waiting_.erase(found);
    call.state = {};
    const auto now = from_unix_us(world_.now_us);
    call.done({std::move(how.value), std::move(how.interrupted), now, now});
  }

  world& world_;
  std::map<actors::invocation_id, actors::invocation> waiting_;
  actors::invocation_id next_ = 1;
  bool stopped_ = false;
};

}  // namespace pawl::simulation
