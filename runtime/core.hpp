#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include <pawl/engine.hpp>

#include "actors/clock.hpp"
#include "actors/rng.hpp"
#include "flow/machine/command.hpp"
#include "functions/registry.hpp"
#include "persistence/keys.hpp"
#include "persistence/store.hpp"
#include "runtime/ids.hpp"
#include "runtime/restarter.hpp"

namespace caf {
class actor_system;
}
namespace spdlog {
class logger;
}
namespace pawl::actors {
struct ended_run;
struct engine_actors;
struct engine_telemetry;
struct engine_context;
}  // namespace pawl::actors

namespace pawl {

/// The replaceable parts of an engine. What is null is made as the settings say.
struct engine_components {
  /// Called when the engine is opened, and again after the store has failed.
  std::function<result<std::unique_ptr<persistence::store>>()> open_store;
  std::shared_ptr<actors::clock> clock;
  std::shared_ptr<actors::rng> rng;
  std::unique_ptr<id_source> ids;
  std::shared_ptr<functions::registry> functions;
  std::shared_ptr<spdlog::logger> log;
};

/// What an engine and all its scopes share: the way from their calls to the actors. Only core.cpp
/// knows that there are actors. Safe for concurrent use, but for `open`.
class engine_core {
 public:
  engine_core(pawl::settings s, engine_components given);
  ~engine_core();
  engine_core(const engine_core&) = delete;
  engine_core& operator=(const engine_core&) = delete;

  /// `host`: the actor system to live in, which must outlive `stop`; null for one of its own.
  result<void> open(caf::actor_system* host);
  result<void> stop();
  /// What is done at the end of `stop`: one thing for each engine.
  void at_stop(std::function<void()> what);
  [[nodiscard]] result<void> ready() const;
  /// Is open or, after its store has failed, about to be again.
  [[nodiscard]] bool is_alive() const;

  // Each calls `done` once, as `callback` says.
  void start(run_key key, flow::start_command what, callback<run_started> done);
  /// `if_checkpoint`: refused if the run's last checkpoint is another.
  void command(run_key key, flow::command what, callback<run_changed> done,
               std::optional<std::uint64_t> if_checkpoint = {});
  void wait(run_key key, std::chrono::milliseconds timeout, callback<actors::ended_run> done);
  void put_flow(const scope_name& in, json definition, const put_flow_options& options,
                callback<flow_stored> done);
  void publish_flow(const scope_name& in, const flow_version_id& id, callback<void> done);
  void poll_tasks(const scope_name& in, task_poll wanted, callback<std::vector<worker_task>> done,
                  std::stop_token withdrawn);
  void heartbeat_task(const persistence::keys::task_key& task, std::uint64_t lease,
                      std::optional<double> progress, std::vector<task_log_line> log,
                      callback<task_heartbeat> done);
  void describe_workers(const scope_name& in, callback<worker_overview> done);
  /// From 0 to below 1.
  [[nodiscard]] double draw() const;
  /// Whether runs use it is to be asked before.
  void delete_flow(const scope_name& in, const flow_name& name, callback<void> done);

  /// The parts of the open engine; null before `open`, after `stop`, and while the store is opened
  /// again. Who holds them can read the store until it lets them go.
  [[nodiscard]] std::shared_ptr<actors::engine_context> running() const;
  /// Does some reading on another thread. False, and `work` is not done, if the engine is full or
  /// not open.
  [[nodiscard]] result<void> read_later(std::function<void()> work);
  /// Why nothing can be done now.
  [[nodiscard]] error closed() const;

  const pawl::settings settings;
  const std::shared_ptr<functions::registry> functions;
  const std::unique_ptr<id_source> ids;
  /// Who watches the engine, and what it has measured: as long as there is an engine.
  const std::shared_ptr<actors::engine_telemetry> telemetry;

 private:
  struct hosting;

  struct admitted {
    std::shared_ptr<actors::engine_context> context;
    std::shared_ptr<const actors::engine_actors> actors;
  };
  /// What a command needs, with its place among the commands in flight taken; or why it has none.
  [[nodiscard]] result<admitted> admit() const;
  result<std::shared_ptr<actors::engine_context>> make_context();
  result<std::unique_ptr<persistence::store>> open_store() const;
  /// Lets the actors end in order; functions under way have so much time.
  static void end_in_order(const admitted& ended, std::chrono::milliseconds patience);
  void on_store_failed(std::uint64_t generation, const error& why);
  /// Ends what works with the failed store, opens it once more, and begins anew with it.
  result<void> reopen();
  /// Reopening keeps what was durable only where there is something on a disk.
  [[nodiscard]] bool can_reopen() const;

  engine_components given_;
  mutable std::mutex mutex_;  ///< guards what follows
  std::shared_ptr<actors::engine_context> context_;
  std::shared_ptr<const actors::engine_actors> actors_;
  std::unique_ptr<hosting> hosting_;
  caf::actor_system* system_ = nullptr;
  std::uint64_t generation_ = 0;  ///< how often parts were made
  std::optional<error> failure_;  ///< of the store, until it is open again
  std::function<void()> at_stop_;
  std::weak_ptr<actors::engine_context> ended_;  ///< of the failed store; used by `reopen` only
  std::unique_ptr<restarter> restarter_;
  bool opened_ = false;
  bool stopped_ = false;
};

/// The way from an engine to its inside, for the rest of `runtime/`, for the program and for tests.
struct engine_access {
  [[nodiscard]] static engine_core& core(engine& e) { return *e.core_; }
  [[nodiscard]] static std::shared_ptr<engine_core> shared_core(engine& e) { return e.core_; }
  /// An engine of given parts.
  [[nodiscard]] static engine make(settings s, engine_components given);
};

}  // namespace pawl
