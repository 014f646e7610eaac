#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "actors/engine_context.hpp"
#include "actors/mail.hpp"
#include "actors/messages.hpp"
#include "actors/written_groups.hpp"
#include "persistence/journal_index.hpp"

namespace pawl::actors {

/// The only writer of the store. Writes the batches that came while it was busy in groups, see
/// `next_write_group`. The syncer makes groups durable meanwhile, so that a write does not wait for
/// a sync; where there is nothing to overlap, the persister does it itself, which saves the switch
/// to another thread. Each sender is notified after its batch is durable, in the order of its
/// commits. After the first failed write nothing is written: admission is closed and every sender
/// is answered `commit_failed`.
///
/// Blocks, so it runs on a thread of its own. Its mailbox is bounded by the runs in memory, each of
/// which has few commits pending.
class persister : public actor_base {
 public:
  persister(caf::actor_config& config, engine_context_ptr context, caf::actor syncer,
            std::shared_ptr<written_groups> groups);
  caf::behavior make_behavior() override;
  const char* name() const override { return "pawl.persister"; }

 private:
  using entry_iterator = std::vector<std::optional<persistence::journal_entry>>::const_iterator;

  void write_pending();
  /// Adds the journal record of a group: its transitions, in order.
  void add_journal_record(entry_iterator from, std::size_t count, persistence::batch& writes);
  /// Makes a group of `commits` durable here, or hands it to the syncer.
  void finish(group_written group, std::size_t commits);
  void refuse(const std::vector<caf::strong_actor_ptr>& senders, const error& reason);

  const engine_context_ptr context_;
  const caf::actor syncer_;
  const std::shared_ptr<written_groups> groups_;
  // The pending commits, one element in each.
  std::vector<std::shared_ptr<const persistence::batch>> pending_;
  std::vector<std::optional<persistence::journal_entry>> entries_;
  std::vector<caf::strong_actor_ptr> senders_;
  std::uint64_t next_group_ = 1;
  std::uint64_t oldest_group_ = 1;    ///< of the journal: older ones are deleted
  persistence::journal_block block_;  ///< of the index, the one of `next_group_`
  bool write_due_ = false;
  std::optional<error> failure_;
};

}  // namespace pawl::actors
