#include "actors/blob_keeper.hpp"

#include <atomic>
#include <utility>

#include <spdlog/spdlog.h>
#include <pawl/detail/hex.hpp>

#include "persistence/keys.hpp"

namespace pawl::actors {
namespace {

/// Other messages come between two such parts of an upload's chunks, or of a blob: 4 MiB of it.
constexpr std::size_t max_chunks_erased_at_once = 256;
constexpr std::size_t max_chunks_verified_at_once = 16;

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
      totals_(context_->settings.blobs.max_scope_bytes),
      all_kept_until_(context_->clock->now() + context_->settings.blobs.grace_ms) {}

caf::behavior blob_keeper::make_behavior() {
  send_self(sweep_blobs{});
  return {
      [this](const write_blob_chunk& w) { write_chunk(w); },
      [this](const finish_blob& f) { finish(f); },
      [this](const verify_blob& v) { continue_verification(v.key); },
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
  verified_.clear();
  under_way_.clear();
}

void blob_keeper::count_once() {
  if (std::exchange(is_counted_, true)) return;
  if (const auto counted = totals_.count(*context_->store->durable_view()); !counted) {
    context_->log->error(
        "cannot count all blobs, so scopes may exceed blobs.max_scope_bytes until the next start: "
        "{}",
        counted.error().message);
  }
  report_bytes();
}

void blob_keeper::report_bytes() const {
  context_->metrics.blob_bytes.store(totals_.all(), std::memory_order_relaxed);
}

void blob_keeper::write_chunk(const write_blob_chunk& wanted) {
  // A sweep of this keeper deletes what an earlier one has written of the upload.
  if (wanted.number > 0 && !uploads_.contains(wanted.content)) return wanted.answer(lost_upload());
  count_once();
  if (auto added = totals_.add(wanted.scope, wanted.bytes->size()); !added)
    return wanted.answer(std::move(added));
  report_bytes();
  persistence::batch writes;
  const auto [upload, is_new] = uploads_.try_emplace(wanted.content, 0);
  upload->second += wanted.bytes->size();
  // With the first chunk, so that a crash leaves none that is not listed.
  if (is_new)
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
  const auto known = persistence::load_blob(*context_->store->durable_view(), wanted.key);
  if (known && *known) {
    verified_.try_emplace(
        wanted.key, verification{wanted, persistence::blob_verification{wanted.key, **known}});
    return continue_verification(wanted.key);
  }
  if (known || known.error().code == errc::corrupt) return store_blob(wanted, std::nullopt);
  refuse(wanted, known.error());
}

void blob_keeper::continue_verification(const blob_key& key) {
  const auto found = verified_.find(key);
  if (found == verified_.end()) return;
  const auto good =
      found->second.bytes.read(*context_->store->durable_view(), max_chunks_verified_at_once);
  if (good && !*good) return send_self(verify_blob{key});
  const finish_blob wanted = std::move(found->second.wanted);
  const blob_head known = found->second.bytes.head();
  verified_.erase(found);
  if (good) return keep_blob(wanted, known);
  if (good.error().code != errc::corrupt) return refuse(wanted, good.error());
  context_->log->warn(
      "blob sha256:{} of scope {} is damaged and was sent again; it is replaced: {}",
      detail::to_hex(wanted.key.hash), wanted.key.scope.str(), good.error().message);
  store_blob(wanted, known);
}

void blob_keeper::keep_blob(const finish_blob& wanted, blob_head known) {
  known.used_at = wanted.head.used_at;
  persistence::batch writes;
  persistence::put_blob_head(writes, wanted.key, known);
  commit_then(std::move(writes), [this, wanted, known](const error* failure) {
    if (failure == nullptr && uploads_.contains(wanted.head.content))
      erase_chunks(wanted.key.scope, wanted.head.content);
    answer_maker(wanted, known, failure);
  });
}

void blob_keeper::store_blob(const finish_blob& wanted, const std::optional<blob_head>& damaged) {
  const auto& [key, head, last, answer] = wanted;
  const std::uint32_t chunks = persistence::blob_chunks_of(head.size);
  if (chunks > 1 && !uploads_.contains(head.content)) return refuse(wanted, lost_upload());
  count_once();
  if (const auto added = totals_.add(key.scope, last->size()); !added)
    return refuse(wanted, added.error());
  report_bytes();
  blob_head made = head;
  persistence::batch writes;
  if (damaged) {
    made.type = damaged->type;
    made.created_at = damaged->created_at;
    persistence::erase_blob(writes, key, *damaged);
  }
  persistence::put_blob_head(writes, key, made);
  if (chunks > 0) persistence::put_blob_chunk(writes, key.scope, head.content, chunks - 1, *last);
  writes.erase(column::blobs, persistence::keys::loose_chunks(key.scope, head.content));
  const std::uint64_t replaced = damaged ? damaged->size : 0;
  commit_then(std::move(writes), [this, wanted, made, replaced](const error* failure) {
    // Not before: until then its chunks are listed as loose, and a sweep would delete them.
    if (failure == nullptr) uploads_.erase(wanted.head.content);
    totals_.subtract(wanted.key.scope, replaced);
    report_bytes();
    answer_maker(wanted, made, failure);
  });
}

void blob_keeper::answer_maker(const finish_blob& wanted, const blob_head& made,
                               const error* failure) {
  has_blobs_ = true;  // a sweep under way may have passed its place
  schedule_sweep();
  wanted.answer(failure != nullptr ? result<blob_head>{*failure} : result<blob_head>{made});
  release(wanted.key);
}

void blob_keeper::refuse(const finish_blob& wanted, const error& why) {
  wanted.answer(why);
  release(wanted.key);
}

void blob_keeper::erase_chunks(const scope_name& scope, const std::string& content) {
  if (const auto upload = uploads_.find(content); upload != uploads_.end()) {
    totals_.subtract(scope, upload->second);
    uploads_.erase(upload);
    report_bytes();
  }
  persistence::batch writes;
  const auto done = persistence::erase_loose_chunks(*context_->store->durable_view(), scope,
                                                    content, max_chunks_erased_at_once, writes);
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
