#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "actors/clock.hpp"
#include "actors/executor.hpp"
#include "actors/rng.hpp"
#include "functions/call.hpp"
#include "persistence/memory/memory_store.hpp"

/// The parts of a simulated engine that depend on one seed.
namespace pawl::simulation {

/// What survives crashes: the random numbers, the time, and the calls of functions.
struct world {
  explicit world(std::uint64_t seed) : random(seed) {}

  /// A number below `below`.
  std::size_t draw(std::size_t below) { return static_cast<std::size_t>(random() % below); }

  std::mt19937_64 random;
  std::int64_t now_us = 1'700'000'000'000'000;  ///< near the times that random flows wait for
  std::map<std::string, int> calls;             ///< by idempotency key: number of calls
  /// Whether the run actor that submits this call crashes.
  std::function<bool(const actors::invocation&)> crashes = [this](const auto&) {
    return draw(60) == 0;
  };
  std::size_t crashed = 0;
  std::size_t signals = 0;  ///< ids assigned
  std::size_t writes_until_full =
      0;  ///< writes and syncs until the store fails; 0: it does not fail
};

/// A store whose disk gets full when the world says so. It then fails every write, as each store
/// that has failed.
class world_store final : public persistence::store {
 public:
  world_store(world& w, std::shared_ptr<persistence::memory_store> inner)
      : world_(w), inner_(std::move(inner)) {}

  result<std::shared_ptr<const persistence::view>> write(
      std::span<const persistence::batch* const> batches) override {
    if (fails()) return full();
    return inner_->write(batches);
  }
  result<void> sync() override {
    if (fails()) return full();
    return inner_->sync();
  }
  void publish(std::shared_ptr<const persistence::view> written) override {
    inner_->publish(std::move(written));
  }
  std::shared_ptr<const persistence::view> durable_view() const override {
    return inner_->durable_view();
  }
  result<void> check_writable() override { return inner_->check_writable(); }
  result<void> close() override { return inner_->close(); }

 private:
  static error full() { return {errc::storage_full, "the disk of the test is full"}; }
  bool fails() {
    if (!failed_ && world_.writes_until_full > 0) failed_ = --world_.writes_until_full == 0;
    return failed_;
  }

  world& world_;
  const std::shared_ptr<persistence::memory_store> inner_;
  bool failed_ = false;
};

class world_clock final : public actors::clock {
 public:
  explicit world_clock(world& w) : world_(w) {}
  time_point now() const override { return from_unix_us(world_.now_us); }

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
    if (world_.draw(20) == 0) return error{errc::overloaded, "full at random"};
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
    functions::call_context context{actors::facts_of(call), call.observer, {}, {}};
    answer(chosen->first,
           functions::call(call.function->body, "simulated", *call.state, context, {}));
    return true;
  }

 private:
  void answer(actors::invocation_id id, functions::call_outcome how) {
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return;
    auto call = std::move(found->second);
    waiting_.erase(found);
    call.state.reset();
    const auto now = from_unix_us(world_.now_us);
    call.done({std::move(how.value), std::move(how.interrupted), now, now});
  }

  world& world_;
  std::map<actors::invocation_id, actors::invocation> waiting_;
  actors::invocation_id next_ = 1;
  bool stopped_ = false;
};

}  // namespace pawl::simulation
