#include "actors/persister.hpp"

#include <span>
#include <utility>

#include "actors/store_failure.hpp"
#include "actors/write_group.hpp"
#include "persistence/journal.hpp"
#include "persistence/keys.hpp"

namespace pawl::actors {
namespace {

/// Maximum number of journal groups that one write deletes.
constexpr int max_erased_groups = 64;

}  // namespace

persister::persister(caf::actor_config& config, engine_context_ptr context, caf::actor syncer,
                     std::shared_ptr<written_groups> groups)
    : actor_base(config),
      context_(std::move(context)),
      syncer_(std::move(syncer)),
      groups_(std::move(groups)) {}

caf::behavior persister::make_behavior() {
  if (const auto span = persistence::span_of_journal(*context_->store->durable_view()); !span) {
    failure_ = span.error();
    close_store(*context_, *failure_);
  } else if (*span) {
    next_group_ = (*span)->last + 1;
    oldest_group_ = (*span)->first;
    if (auto loaded = block_.load(*context_->store->durable_view(), **span); !loaded) {
      failure_ = std::move(loaded).error();
      close_store(*context_, *failure_);
    }
  }
  return {
      [this](commit& c) {
        pending_.push_back(std::move(c.writes));
        entries_.push_back(std::move(c.entry));
        senders_.push_back(current_sender());
        // This message comes after all commits that are in the mailbox now, so they are one group.
        if (!std::exchange(write_due_, true)) send_self(write_group{});
      },
      [this](const write_group&) {
        write_due_ = false;
        write_pending();
      },
      [this](const shutdown_run&) {
        write_pending();
        send(syncer_, shutdown_run{});
        quit();
      },
  };
}

void persister::write_pending() {
  const auto batches = std::exchange(pending_, {});
  const auto entries = std::exchange(entries_, {});
  const auto senders = std::exchange(senders_, {});
  for (std::size_t from = 0; from < batches.size();) {
    const auto size = next_write_group(std::span{batches}.subspan(from));
    const std::size_t count = size.batches;
    const auto offset = static_cast<std::ptrdiff_t>(from);
    std::vector<const persistence::batch*> group;
    group.reserve(count + 1);
    for (std::size_t i = from; i < from + count; ++i) group.push_back(batches[i].get());
    persistence::batch journal;
    const std::uint64_t block = persistence::block_of(next_group_);
    add_journal_record(entries.begin() + offset, count, journal);
    if (!journal.empty()) group.push_back(&journal);
    const auto first = senders.begin() + offset;
    auto group_senders = std::make_shared<std::vector<caf::strong_actor_ptr>>(
        first, first + static_cast<std::ptrdiff_t>(count));
    from += count;
    if (failure_) {
      refuse(*group_senders, *failure_);
      continue;
    }
    context_->metrics.group_batches.record(count);
    context_->metrics.group_bytes.record(size.bytes);
    auto written = [&] {
      const stopwatch watch{context_->metrics.write};
      return context_->store->write(group);
    }();
    if (!written) {
      failure_ = written.error();
      close_store(*context_, *failure_);
      refuse(*group_senders, *failure_);
      continue;
    }
    if (!journal.empty() && persistence::block_of(++next_group_) != block) block_.clear();
    finish({*std::move(written), std::move(group_senders)}, count);
  }
}

void persister::finish(group_written group, std::size_t commits) {
  // A sync can overlap the next write. Only the mode `sync` syncs, and commits that come one by one
  // rarely have a next write.
  const bool may_overlap = context_->settings.storage.durability == durability::sync && commits > 1;
  if (!may_overlap && groups_->is_ours()) return groups_->finish({&group, 1});
  groups_->hand_over();
  send(syncer_, std::move(group));
}

void persister::add_journal_record(entry_iterator from, std::size_t count,
                                   persistence::batch& writes) {
  std::string record;
  persistence::journal_writer journal{record};
  bool is_empty = true;
  for (std::size_t i = 0; i < count; ++i, ++from) {
    if (!*from) continue;
    journal.add((*from)->run, (*from)->checkpoint);
    block_.add(next_group_, (*from)->run.scope);
    is_empty = false;
  }
  if (is_empty) return;
  journal.finish();
  using persistence::column;
  writes.put(column::indexes, persistence::keys::journal_group(next_group_), std::move(record));
  const std::uint64_t block = persistence::block_of(next_group_);
  if (next_group_ == persistence::last_group_of(block))
    writes.put(column::indexes, persistence::keys::journal_block(block), block_.encode());
  // In order, so that what is left has no gap. The setting may have been lowered.
  const std::uint64_t kept = context_->settings.storage.journal_groups;
  for (int left = max_erased_groups; left > 0 && next_group_ - oldest_group_ >= kept; --left) {
    const std::uint64_t oldest = persistence::block_of(oldest_group_);
    if (oldest_group_ == persistence::last_group_of(oldest))
      writes.erase(column::indexes, persistence::keys::journal_block(oldest));
    writes.erase(column::indexes, persistence::keys::journal_group(oldest_group_++));
  }
}

void persister::refuse(const std::vector<caf::strong_actor_ptr>& senders, const error& reason) {
  const auto shared = std::make_shared<const error>(reason);
  for (const auto& to : senders) send(caf::actor_cast<caf::actor>(to), commit_failed{shared});
}

}  // namespace pawl::actors
