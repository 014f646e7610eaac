#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <caf/event_based_actor.hpp>

#include "actors/engine_context.hpp"
#include "actors/messages.hpp"

namespace pawl::actors {

/// The only writer. All batches that have come in while it was busy go into the store as one group;
/// the syncer makes groups durable meanwhile, so that writing never waits for the disk's cache.
/// Each sender is told in the order of its commits, after its batch is durable. After the first
/// failed write or sync nothing is written any more: admission is closed, every sender is told.
///
/// Runs on a thread of its own (it blocks). Its mailbox is bounded by the runs in memory: each has
/// few commits under way.
class persister : public caf::event_based_actor {
 public:
  persister(caf::actor_config& config, engine_context_ptr context, caf::actor syncer);
  caf::behavior make_behavior() override;
  const char* name() const override { return "pawl.persister"; }

 private:
  void write_pending();
  /// The record that says what is written in this group, and in which order.
  void note_group(std::vector<std::optional<persistence::journal_entry>>::const_iterator from,
                  std::size_t count, persistence::batch& writes) const;
  void refuse(const std::vector<caf::strong_actor_ptr>& senders, const error& why);

  const engine_context_ptr context_;
  const caf::actor syncer_;
  std::vector<std::shared_ptr<const persistence::batch>> pending_;
  std::vector<std::optional<persistence::journal_entry>> entries_;
  std::vector<caf::strong_actor_ptr> senders_;
  std::uint64_t next_group_ = 1;
  bool write_due_ = false;
  std::optional<error> failed_;
};

/// Makes written groups durable, all that have come in with one sync, publishes them to readers,
/// and tells their senders. Runs on a thread of its own.
class syncer : public caf::event_based_actor {
 public:
  syncer(caf::actor_config& config, engine_context_ptr context);
  caf::behavior make_behavior() override;
  const char* name() const override { return "pawl.syncer"; }

 private:
  void sync_pending();

  const engine_context_ptr context_;
  std::vector<group_written> pending_;
  bool sync_due_ = false;
  std::optional<error> failed_;
};

}  // namespace pawl::actors
