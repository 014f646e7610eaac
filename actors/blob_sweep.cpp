#include <optional>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "actors/blob_keeper.hpp"
#include "persistence/keys.hpp"

namespace pawl::actors {
namespace {

/// A step of a sweep.
constexpr std::size_t max_heads_in_step = 64;
constexpr std::size_t max_chunks_in_step = 256;

}  // namespace

using persistence::blob_head;
using persistence::blob_key;
using persistence::column;

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
  count_once();
  continue_sweep();
}

void blob_keeper::continue_sweep() {
  if (!context_->admitted.is_open()) return;
  persistence::batch writes;
  const bool is_in_heads = sweep_ == sweep_part::heads;
  const auto more = is_in_heads ? sweep_heads(writes) : sweep_loose_chunks(writes);
  if (!more) {
    release_condemned();
    return end_sweep(&more.error());
  }
  const bool is_last = !*more && !is_in_heads;
  if (!*more && is_in_heads) {
    sweep_ = sweep_part::loose_chunks;
    sweep_from_.clear();
  }
  if (writes.empty()) return is_last ? end_sweep(nullptr) : send_self(continue_blob_sweep{});
  commit_then(std::move(writes), [this, is_last](const error* failure) {
    if (failure == nullptr)
      for (const auto& [blob, size] : condemned_) totals_.subtract(blob.scope, size);
    report_bytes();
    release_condemned();
    if (failure != nullptr || is_last) return end_sweep(failure);
    send_self(continue_blob_sweep{});
  });
}

void blob_keeper::release_condemned() {
  for (const auto& [blob, size] : std::exchange(condemned_, {})) {
    context_->blobs.release(blob);
    release(blob);
  }
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
  condemned_.emplace_back(key, head.size);
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

}  // namespace pawl::actors
