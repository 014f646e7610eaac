#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/engine.hpp>

#include "bench/load.hpp"
#include "bench/workload.hpp"

namespace pawl::bench {

/// What executes the runs of a workload: an engine in this process, or a server. Thread-safe.
class subject {
 public:
  subject() = default;
  virtual ~subject() = default;
  subject(const subject&) = delete;
  subject& operator=(const subject&) = delete;

  /// The function of a step that does nothing.
  [[nodiscard]] virtual std::string noop() const = 0;
  /// Stores a flow. Throws `failure`.
  virtual void put_flow(const json& definition) = 0;
  /// Starts a run and waits until it has completed.
  virtual void start_and_wait(const std::string& flow, done ended) = 0;
  /// Starts a run with an id.
  virtual void start(const std::string& flow, const std::string& id, done started) = 0;
  /// Sends the signal "go", which is answered when it is durable.
  virtual void signal(const std::string& id, done answered) = 0;
  /// Sends the signal "go" to a run that waits for nothing else, and waits until it has completed.
  virtual void signal_to_end(const std::string& id, done ended) = 0;
  /// Waits until a run has completed.
  virtual void wait(const std::string& id, done ended) = 0;
  /// Reads a run that has completed, with its data.
  virtual void get(const std::string& id, done read) = 0;

  /// Processor time so far of this process and the server; none for a server elsewhere.
  [[nodiscard]] virtual std::optional<double> cpu_seconds() const = 0;
  /// Syncs of the log so far, where they are known.
  [[nodiscard]] virtual std::optional<std::uint64_t> syncs() const = 0;
  /// What the engine has measured so far; none for a server.
  [[nodiscard]] virtual std::optional<engine_metrics> metrics() const = 0;
};

/// An engine in this process with the functions `bench.noop` (inline) and `bench.pure` (pure).
class embedded_subject final : public subject {
 public:
  /// Opens a store in `s.storage.data_dir`. Throws `failure`.
  explicit embedded_subject(settings s);

  [[nodiscard]] std::string noop() const override { return "bench.noop"; }
  void put_flow(const json& definition) override;
  void start_and_wait(const std::string& flow, done ended) override;
  void start(const std::string& flow, const std::string& id, done started) override;
  void signal(const std::string& id, done answered) override;
  void signal_to_end(const std::string& id, done ended) override;
  void wait(const std::string& id, done ended) override;
  void get(const std::string& id, done read) override;
  [[nodiscard]] std::optional<double> cpu_seconds() const override;
  [[nodiscard]] std::optional<std::uint64_t> syncs() const override;
  [[nodiscard]] std::optional<engine_metrics> metrics() const override { return engine_.metrics(); }

  [[nodiscard]] pawl::engine& engine() noexcept { return engine_; }

 private:
  pawl::engine engine_;
};

/// The server of the round, or an embedded engine. Throws `failure`.
[[nodiscard]] std::unique_ptr<subject> open_subject(const round& with);

/// Executes `op` for a quarter of the length of a round.
void warm_up(const round& with, const operation& op);
/// Executes `op` as the round says: in a closed or an open loop.
[[nodiscard]] load_result run_load(const round& with, const operation& op);

/// Calls `work` and returns how long it took and what was used meanwhile. Each of its operations
/// does `items` items. Throws `failure`.
[[nodiscard]] measurement measure_work(const subject& on, double items,
                                       const std::function<load_result()>& work);

/// `warm_up`, then `measure_work` of `run_load`. With one operation in flight in this process, the
/// figures say where the time of an operation goes.
[[nodiscard]] measurement measure_load(const subject& on, const round& with, const operation& op,
                                       double items);

}  // namespace pawl::bench
