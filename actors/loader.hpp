#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace pawl::actors {

/// Runs jobs that read the store or compile flows, so that no scheduler thread waits for the disk,
/// and checks against JSON Schemas, which may hold a thread for some 10 ms. Its queues are bounded
/// by the actors that use it: a run's actor has one job at a time.
class loader {
 public:
  using job = std::function<void()>;

  virtual ~loader() = default;
  /// Runs a job on a thread of the loader. Jobs begin in the order in which they were posted; those
  /// of several threads overlap. A job must not throw. Never waits. Safe for concurrent use.
  virtual void post(job next) = 0;
  /// The same for a check of a value for a flow of a scope, a long job: see `job_pool`.
  virtual void post_check(std::string_view scope, std::string_view flow, job next) = 0;
  /// Runs the jobs that were posted before, then ends the threads. Jobs that are posted later are
  /// dropped. Must not be called from a job. Safe to call twice.
  virtual void stop() = 0;
};

/// A loader with threads of its own, at least one.
[[nodiscard]] std::unique_ptr<loader> make_thread_loader(std::uint32_t threads);

}  // namespace pawl::actors
