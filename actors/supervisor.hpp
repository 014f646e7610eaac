#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/engine_context.hpp"
#include "actors/mail.hpp"
#include "actors/messages.hpp"

namespace pawl::actors {

/// The actors of an engine that others send to. Safe to copy, and to send to from any thread.
struct engine_actors {
  caf::actor supervisor;
  caf::actor catalog;
  caf::actor timer;
  caf::actor dispatcher;
  caf::actor cleaner;
  caf::actor jobs;
  caf::actor log_keeper;
  caf::actor blob_keeper;
  std::vector<caf::actor> shards;

  /// The shard that is responsible for a run.
  [[nodiscard]] const caf::actor& shard_of(const run_key& key) const {
    return actors::shard_of(shards, key);
  }
};

/// Where the actors that block run.
enum class blocking_actors : std::uint8_t {
  own_threads,  ///< each on a thread of its own
  scheduled,    ///< on the scheduler like all others; for tests that control the order of messages
};

/// Starts the actors of one engine on `system` and recovers its unfinished runs, page by page.
[[nodiscard]] engine_actors start_actors(caf::actor_system& system,
                                         const engine_context_ptr& context,
                                         blocking_actors blocking);

/// Watches the other actors of an engine except the runs, recovers unfinished runs at the start,
/// and stops everything in order. A run's actor may crash; the directory restarts it. If an actor
/// that is watched here ends early, this is a defect of Pawl and the process aborts.
class supervisor : public monitoring_actor {
 public:
  supervisor(caf::actor_config& config, engine_context_ptr context, engine_actors watched,
             caf::actor persister, caf::actor syncer);
  caf::behavior make_behavior() override;
  const char* name() const override { return "pawl.supervisor"; }

 private:
  /// The index that recovery reads, in this order: runs that continue by themselves, runs to be
  /// cancelled, and ended runs whose parents were not notified.
  enum class recovery_index : std::uint8_t { runnable, orphaned, ended, resumed, none };

  void recover_next();
  /// The next page of `index_`. Empty at its end, or if it cannot be read.
  [[nodiscard]] std::vector<std::string> next_page();
  /// Sends what one index entry asks for to the shard of its run.
  void recover_entry(const std::string& entry, const reply<void>& done);
  void on_down(const caf::actor_addr& source, const caf::error& reason) override;
  void stop(const stop_request& stop);

  const engine_context_ptr context_;
  const engine_actors actors_;
  const caf::actor persister_;
  const caf::actor syncer_;
  std::size_t committing_left_;  ///< shards, timer, dispatcher and log keeper that have not ended
  bool stopping_ = false;
  std::vector<reply<void>> stop_answers_;
  std::shared_ptr<const persistence::view> recovery_view_;  ///< of the start; null afterwards
  recovery_index index_ = recovery_index::runnable;
  std::size_t recovered_ = 0;  ///< runs that continue
  std::string page_from_;      ///< the first key of the next page; empty: the start of the index
};

}  // namespace pawl::actors
