#pragma once

#include <cstdint>
#include <vector>

#include <caf/event_based_actor.hpp>

#include "actors/engine_context.hpp"
#include "actors/messages.hpp"

namespace pawl::actors {

/// The handles through which an engine is talked to. Safe to copy and to send to from any thread.
struct engine_actors {
  caf::actor supervisor;
  caf::actor catalog;
  caf::actor reader;
  caf::actor timer;
  caf::actor dispatcher;
  std::vector<caf::actor> shards;

  /// The shard that is responsible for a run.
  [[nodiscard]] const caf::actor& shard_of(const run_key& key) const {
    return actors::shard_of(shards, key);
  }
};

/// Where the actors run that block.
enum class blocking_actors : std::uint8_t {
  own_threads,  ///< each on a thread of its own
  scheduled,    ///< on the scheduler like all others: for tests that decide the order of everything
};

/// Starts the actors of one engine on `system` and brings its unfinished runs back, some at a time.
[[nodiscard]] engine_actors start_actors(caf::actor_system& system,
                                         const engine_context_ptr& context,
                                         blocking_actors blocking);

/// Watches the parts of an engine, brings its unfinished runs back after a start, and ends
/// everything in order. Runs may crash (the directory brings them back), the parts watched here may
/// not: if one does, the process is ended, as for every programmer's mistake.
class supervisor : public caf::event_based_actor {
 public:
  supervisor(caf::actor_config& config, engine_context_ptr context, engine_actors watched,
             caf::actor persister, caf::actor syncer);
  caf::behavior make_behavior() override;
  const char* name() const override { return "pawl.supervisor"; }

 private:
  void recover_next();
  /// A page of the index that is gone through now. Nothing: it is over, or cannot be read.
  [[nodiscard]] std::vector<std::string> next_page();
  void on_down(const caf::down_msg& down);
  void stop(const stop_request& stop);

  const engine_context_ptr context_;
  const engine_actors watched_;
  const caf::actor persister_;
  const caf::actor syncer_;
  std::size_t shards_left_;
  bool stopping_ = false;
  std::vector<reply<void>> stop_answers_;
  std::shared_ptr<const persistence::view> recovering_;  ///< as the store was at the start
  /// What is gone through: runs that go on by themselves, those to be cancelled, and ends of which
  /// the run that waits was not told.
  enum class recovering : std::uint8_t { moving, orphaned, ended, nothing };
  recovering what_ = recovering::moving;
  std::string recover_from_;  ///< where the next page of the index begins
};

}  // namespace pawl::actors
