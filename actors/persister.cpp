#include "actors/persister.hpp"

#include <utility>

#include <spdlog/spdlog.h>
#include <caf/all.hpp>

#include "persistence/journal.hpp"
#include "persistence/keys.hpp"

namespace pawl::actors {
namespace {

/// Batches in one group: bounds the memory of a write, far above what a sync lets pile up.
constexpr std::size_t max_group = 4096;

caf::actor to_actor(const caf::strong_actor_ptr& who) {
  return caf::actor_cast<caf::actor>(who);
}

void close_store(engine_context& p, const error& why) {
  p.admitted.close(admission::state::store_failed);
  p.log->critical("the store takes no more writes; the engine stops taking commands: {}",
                  why.message);
  if (p.on_store_failed) p.on_store_failed(why);
}

}  // namespace

persister::persister(caf::actor_config& config, engine_context_ptr context, caf::actor to_syncer)
    : caf::event_based_actor(config), context_(std::move(context)), syncer_(std::move(to_syncer)) {}

caf::behavior persister::make_behavior() {
  if (const auto span = persistence::span_of_journal(*context_->store->durable_view()); !span) {
    failed_ = span.error();
    close_store(*context_, *failed_);
  } else if (*span) {
    next_group_ = (*span)->last + 1;
  }
  return {
      [this](commit& c) {
        pending_.push_back(std::move(c.writes));
        entries_.push_back(std::move(c.what));
        senders_.push_back(current_sender());
        // The message to ourselves comes behind all commits that are already waiting, so that
        // they are one group.
        if (!std::exchange(write_due_, true)) send(this, write_group{});
      },
      [this](const write_group&) {
        write_due_ = false;
        write_pending();
      },
      [this](const commit_failed& sync) {
        if (!failed_) failed_ = *sync.why;
      },
      [this](const shutdown_run&) {
        write_pending();
        send(syncer_, shutdown_run{});
        quit();
      },
  };
}

void persister::write_pending() {
  auto batches = std::exchange(pending_, {});
  const auto entries = std::exchange(entries_, {});
  auto senders = std::make_shared<std::vector<caf::strong_actor_ptr>>(std::exchange(senders_, {}));
  for (std::size_t from = 0; from < batches.size();) {
    const std::size_t count = std::min(max_group, batches.size() - from);
    std::vector<const persistence::batch*> group;
    group.reserve(count + 1);
    for (std::size_t i = from; i < from + count; ++i) group.push_back(batches[i].get());
    persistence::batch note;
    note_group(entries.begin() + static_cast<std::ptrdiff_t>(from), count, note);
    if (!note.empty()) group.push_back(&note);
    const auto first = senders->begin() + static_cast<std::ptrdiff_t>(from);
    auto group_senders = std::make_shared<std::vector<caf::strong_actor_ptr>>(
        first, first + static_cast<std::ptrdiff_t>(count));
    from += count;
    if (failed_) {
      refuse(*group_senders, *failed_);
      continue;
    }
    context_->metrics.group_batches.record(count);
    auto written = [&] {
      const stopwatch watch{context_->metrics.write};
      return context_->store->write(group);
    }();
    if (!written) {
      failed_ = written.error();
      close_store(*context_, *failed_);
      refuse(*group_senders, *failed_);
      continue;
    }
    if (!note.empty()) ++next_group_;
    send(syncer_, group_written{*std::move(written), std::move(group_senders)});
  }
}

void persister::note_group(
    std::vector<std::optional<persistence::journal_entry>>::const_iterator from, std::size_t count,
    persistence::batch& writes) const {
  std::vector<persistence::journal_entry> group;
  group.reserve(count);
  for (std::size_t i = 0; i < count; ++i, ++from)
    if (*from) group.push_back(**from);
  if (group.empty()) return;
  using persistence::column;
  writes.put(column::indexes, persistence::keys::journal_group(next_group_),
             persistence::encode_journal(group));
  const std::uint64_t kept = context_->settings.storage.journal_groups;
  if (next_group_ > kept)
    writes.erase(column::indexes, persistence::keys::journal_group(next_group_ - kept));
}

void persister::refuse(const std::vector<caf::strong_actor_ptr>& senders, const error& why) {
  const auto reason = std::make_shared<const error>(why);
  for (const auto& to : senders) send(to_actor(to), commit_failed{reason});
}

syncer::syncer(caf::actor_config& config, engine_context_ptr context)
    : caf::event_based_actor(config), context_(std::move(context)) {}

caf::behavior syncer::make_behavior() {
  return {
      [this](group_written& g) {
        pending_.push_back(std::move(g));
        if (!std::exchange(sync_due_, true)) send(this, sync_groups{});
      },
      [this](const sync_groups&) {
        sync_due_ = false;
        sync_pending();
      },
      [this](const shutdown_run&) {
        sync_pending();
        quit();
      },
  };
}

void syncer::sync_pending() {
  const auto groups = std::exchange(pending_, {});
  if (groups.empty()) return;
  if (!failed_) {
    auto synced = [&] {
      const stopwatch watch{context_->metrics.sync};
      return context_->store->sync();
    }();
    if (synced) {
      context_->store->publish(groups.back().view);
      for (const auto& group : groups)
        for (const auto& to : *group.senders) send(to_actor(to), committed{});
      return;
    } else {
      // After a failed fsync nobody knows what is on the disk: trying again would only hide it.
      failed_ = synced.error();
      close_store(*context_, *failed_);
    }
  }
  const auto reason = std::make_shared<const error>(*failed_);
  for (const auto& group : groups)
    for (const auto& to : *group.senders) send(to_actor(to), commit_failed{reason});
}

}  // namespace pawl::actors
