#include "actors/blob_keeper.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "persistence/keys.hpp"

namespace pawl::actors {
namespace {

/// A step of a sweep.
constexpr std::size_t max_heads_in_step = 64;
constexpr std::size_t max_chunks_in_step = 256;

error lost_upload() {
  return {errc::unavailable,
          "the store was opened again during this upload, so its first bytes may be deleted; send "
          "the blob again"};
}

}  // namespace

using persistence::blob_head;
using persistence::blob_key;
using persistence::column;

blob_keeper::blob_keeper(caf::actor_config& config, engine_context_ptr context,
                         caf::actor persister)
    : actor_base(config),
      context_(std::move(context)),
      persister_(std::move(persister)),
      all_kept_until_(context_->clock->now() + context_->settings.blobs.grace_ms) {}

caf::behavior blob_keeper::make_behavior() {
  send_self(sweep_blobs{});
  return {
      [this](const write_blob_chunk& w) { write_chunk(w); },
      [this](const finish_blob& f) { finish(f); },
      [this](const drop_blob_upload& d) { erase_chunks(d.scope, d.content); },
      [this](const sweep_blobs&) { begin_sweep(); },
      [this](const continue_blob_sweep&) { continue_sweep(); },
      [this](const committed&) { on_commit(nullptr); },
      [this](const commit_failed& failed) { on_commit(failed.reason.get()); },
      // Chunks of uploads that have not ended are deleted when the engine is opened again.
      [this](const shutdown_run&) { quit(); },
  };
}

/// The callers of open requests are answered `unavailable`.
void blob_keeper::on_exit() {
  after_commits_.clear();
  under_way_.clear();
}

void blob_keeper::write_chunk(const write_blob_chunk& wanted) {
  // A sweep of this keeper deletes what an earlier one has written of the upload.
  if (wanted.number > 0 && !uploads_.contains(wanted.content)) return wanted.answer(lost_upload());
  persistence::batch writes;
  // With the first chunk, so that a crash leaves none that is not listed.
  if (uploads_.insert(wanted.content).second)
    writes.put_of(wanted.scope, column::blobs,
                  persistence::keys::loose_chunks(wanted.scope, wanted.content), {});
  persistence::put_blob_chunk(writes, wanted.scope, wanted.content, wanted.number, *wanted.bytes);
  schedule_sweep();
  commit_then(std::move(writes), [answer = wanted.answer](const error* failure) {
    answer(failure != nullptr ? result<void>{*failure} : result<void>{});
  });
}

void blob_keeper::finish(const finish_blob& wanted) {
  const auto [known, is_new] = under_way_.try_emplace(wanted.key);
  if (!is_new) return known->second.push_back(wanted);
  make_blob(wanted);
}

void blob_keeper::make_blob(const finish_blob& wanted) {
  const auto& [key, head, last, answer] = wanted;
  const auto known = persistence::load_blob(*context_->store->durable_view(), key);
  const bool is_damaged = !known && known.error().code == errc::corrupt;
  if (!known && !is_damaged) {
    answer(known.error());
    return release(key);
  }
  const bool exists = known && *known;
  if (!exists && persistence::blob_chunks_of(head.size) > 1 && !uploads_.contains(head.content)) {
    answer(lost_upload());
    return release(key);
  }
  blob_head made = exists ? **known : head;
  made.used_at = head.used_at;
  persistence::batch writes;
  persistence::put_blob_head(writes, key, made);
  if (!exists) {
    const std::uint32_t chunks = persistence::blob_chunks_of(head.size);
    if (chunks > 0) persistence::put_blob_chunk(writes, key.scope, head.content, chunks - 1, *last);
    writes.erase(column::blobs, persistence::keys::loose_chunks(key.scope, head.content));
  }
  commit_then(std::move(writes), [this, wanted, made, exists](const error* failure) {
    has_blobs_ = true;  // a sweep under way may have passed its place
    schedule_sweep();
    if (failure == nullptr && exists && uploads_.contains(wanted.head.content))
      erase_chunks(wanted.key.scope, wanted.head.content);
    // Not before: until then its chunks are listed as loose, and a sweep would delete them.
    if (failure == nullptr && !exists) uploads_.erase(wanted.head.content);
    wanted.answer(failure != nullptr ? result<blob_head>{*failure} : result<blob_head>{made});
    release(wanted.key);
  });
}

void blob_keeper::erase_chunks(const scope_name& scope, const std::string& content) {
  uploads_.erase(content);
  persistence::batch writes;
  const auto done = persistence::erase_loose_chunks(*context_->store->durable_view(), scope,
                                                    content, max_chunks_in_step, writes);
  // A sweep deletes the rest.
  if (!done) return context_->log->warn("cannot delete an upload: {}", done.error().message);
  commit_then(std::move(writes), [this, scope, content, is_done = *done](const error* failure) {
    if (failure == nullptr && !is_done) erase_chunks(scope, content);
  });
}

void blob_keeper::release(const blob_key& key) {
  const auto found = under_way_.find(key);
  if (found == under_way_.end()) return;
  if (found->second.empty()) {
    under_way_.erase(found);
    return;
  }
  const finish_blob next = std::move(found->second.front());
  found->second.pop_front();
  make_blob(next);
}

void blob_keeper::schedule_sweep() {
  if (sweep_ != sweep_part::none || std::exchange(is_scheduled_, true)) return;
  send_self_after(context_->settings.blobs.interval_ms, sweep_blobs{});
}

void blob_keeper::begin_sweep() {
  is_scheduled_ = false;
  if (sweep_ != sweep_part::none) return;
  sweep_ = sweep_part::heads;
  sweep_from_.clear();
  has_blobs_ = false;
  deleted_ = 0;
  continue_sweep();
}

void blob_keeper::continue_sweep() {
  if (!context_->admitted.is_open()) return;
  persistence::batch writes;
  const bool is_in_heads = sweep_ == sweep_part::heads;
  const auto more = is_in_heads ? sweep_heads(writes) : sweep_loose_chunks(writes);
  if (!more) {
    for (const auto& blob : std::exchange(condemned_, {})) {
      context_->blobs.release(blob);
      release(blob);
    }
    return end_sweep(&more.error());
  }
  const bool is_last = !*more && !is_in_heads;
  if (!*more && is_in_heads) {
    sweep_ = sweep_part::loose_chunks;
    sweep_from_.clear();
  }
  if (writes.empty()) return is_last ? end_sweep(nullptr) : send_self(continue_blob_sweep{});
  commit_then(std::move(writes), [this, is_last](const error* failure) {
    for (const auto& blob : std::exchange(condemned_, {})) {
      context_->blobs.release(blob);
      release(blob);
    }
    if (failure != nullptr || is_last) return end_sweep(failure);
    send_self(continue_blob_sweep{});
  });
}

result<bool> blob_keeper::sweep_heads(persistence::batch& to) {
  const time_point now = context_->clock->now();
  std::vector<std::pair<blob_key, blob_head>> unused;
  auto range = persistence::keys::blob_heads();
  if (!sweep_from_.empty()) range.from = sweep_from_;
  std::size_t seen = 0;
  bool more = false;
  const auto scanned = context_->store->durable_view()->scan(
      column::blobs, range, [&](std::string_view key, std::string_view bytes) {
        sweep_from_.assign(key);
        if (seen++ == max_heads_in_step) {
          more = true;
          return persistence::view::next::stop;
        }
        has_blobs_ = true;
        auto part = persistence::keys::blob_part_of(key);
        auto head = persistence::decode_blob_head(bytes);
        // One that cannot be read may be held: a check of the store reports it.
        if (part && head && now >= all_kept_until_ &&
            now >= head->used_at + context_->settings.blobs.grace_ms)
          unused.push_back({{part->scope, std::move(part->id)}, *std::move(head)});
        return persistence::view::next::more;
      });
  if (!scanned) return scanned.error();
  for (const auto& [key, head] : unused)
    if (auto done = delete_unheld(key, head, to); !done) return std::move(done).error();
  return more;
}

result<void> blob_keeper::delete_unheld(const blob_key& key, const blob_head& head,
                                        persistence::batch& to) {
  if (under_way_.contains(key) || !context_->blobs.condemn(key, context_->clock->now())) return {};
  // Read after it is condemned: what was named before is held in it.
  const auto now = context_->store->durable_view();
  const auto held = persistence::is_blob_held(*now, key);
  const auto known = persistence::load_blob(*now, key);
  if (!held || !known || *held || *known != head) {
    context_->blobs.release(key);
    if (!held) return held.error();
    if (!known) return known.error();
    return {};
  }
  condemned_.push_back(key);
  under_way_.try_emplace(key);
  persistence::erase_blob(to, key, head);
  ++deleted_;
  return {};
}

result<bool> blob_keeper::sweep_loose_chunks(persistence::batch& to) {
  const auto now = context_->store->durable_view();
  auto range = persistence::keys::all_loose_chunks();
  if (!sweep_from_.empty()) range.from = sweep_from_;
  std::optional<persistence::keys::blob_part> found;
  std::size_t seen = 0;
  bool more = false;
  const auto scanned = now->scan(column::blobs, range, [&](std::string_view key, std::string_view) {
    sweep_from_.assign(key);
    auto part = persistence::keys::blob_part_of(key);
    if (part && !uploads_.contains(part->id)) found = std::move(part);
    more = found || ++seen == max_heads_in_step;
    return more ? persistence::view::next::stop : persistence::view::next::more;
  });
  if (!scanned) return scanned.error();
  if (!found) {
    sweep_from_ += '\0';
    return more;
  }
  const auto done =
      persistence::erase_loose_chunks(*now, found->scope, found->id, max_chunks_in_step, to);
  if (!done) return done.error();
  if (*done) sweep_from_ += '\0';
  return true;
}

void blob_keeper::end_sweep(const error* failure) {
  sweep_ = sweep_part::none;
  if (!context_->admitted.is_open()) return;
  if (failure != nullptr)
    context_->log->error("cannot delete blobs that no run holds: {}", failure->message);
  if (deleted_ > 0) context_->log->info("blobs that no run holds are deleted: {}", deleted_);
  if (failure != nullptr || has_blobs_ || !uploads_.empty()) schedule_sweep();
}

void blob_keeper::commit_then(persistence::batch writes, commit_continuation then) {
  after_commits_.push_back(std::move(then));
  send(persister_, commit{std::make_shared<const persistence::batch>(std::move(writes))});
}

void blob_keeper::on_commit(const error* failure) {
  const auto then = std::move(after_commits_.front());
  after_commits_.pop_front();
  then(failure);
}

}  // namespace pawl::actors
