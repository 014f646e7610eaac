#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/blob_messages.hpp"
#include "actors/blob_totals.hpp"
#include "actors/engine_context.hpp"
#include "actors/mail.hpp"
#include "actors/messages.hpp"
#include "actors/pending_commits.hpp"
#include "persistence/blob_verification.hpp"

namespace pawl::actors {

/// Stores blobs, and deletes those that no run holds. It alone writes to `column::blobs`, so an
/// upload and a deletion of the same blob come one after the other.
///
/// A blob that is sent again is compared with its hash first, in parts. If it is damaged, what was
/// sent takes its place.
///
/// A sweep looks at each blob, then deletes loose chunks: of the blobs that it has deleted, and of
/// uploads that have no sender any more. What it deletes it condemns first (`blob_guard`): from
/// then on no command can name the blob, and runs that have named it are found in the view that is
/// read after that. Each step of a sweep reads and writes little, and other messages come between.
/// A store without blobs is swept only when the engine begins.
///
/// Reads the store, so it runs on a thread of its own. Its mailbox is bounded by
/// `engine.max_commands_in_flight`.
class blob_keeper : public actor_base {
 public:
  blob_keeper(caf::actor_config& config, engine_context_ptr context, caf::actor persister);
  caf::behavior make_behavior() override;
  void on_exit() override;
  const char* name() const override { return "pawl.blob_keeper"; }

 private:
  void write_chunk(const write_blob_chunk& wanted);
  /// Makes a blob, after what is under way for the same one.
  void finish(const finish_blob& wanted);
  void make_blob(const finish_blob& wanted);
  /// Reads a part of a blob that was sent again, then the next one.
  void continue_verification(const persistence::blob_key& key);
  /// The scope has the blob, and keeps it.
  void keep_blob(const finish_blob& wanted, persistence::blob_head known);
  /// Makes a blob of an upload. `damaged`: the blob that it replaces.
  void store_blob(const finish_blob& wanted, const std::optional<persistence::blob_head>& damaged);
  void answer_maker(const finish_blob& wanted, const persistence::blob_head& made,
                    const error* failure);
  void refuse(const finish_blob& wanted, const error& why);
  /// A part of the chunks of an upload, then the next one.
  void erase_chunks(const scope_name& scope, const std::string& content);

  /// Reads all heads, before the first change: some microseconds each.
  void count_once();
  void report_bytes() const;

  void schedule_sweep();
  void begin_sweep();
  void continue_sweep();
  /// Each looks at a part of the records from `sweep_from_` on, and adds what it deletes. Returns
  /// whether there are more. Errors: those of the store.
  [[nodiscard]] result<bool> sweep_heads(persistence::batch& to);
  [[nodiscard]] result<bool> sweep_loose_chunks(persistence::batch& to);
  /// Deletes a blob, if it may be deleted now.
  [[nodiscard]] result<void> delete_unheld(const persistence::blob_key& key,
                                           const persistence::blob_head& head,
                                           persistence::batch& to);
  void release_condemned();
  void end_sweep(const error* failure);
  /// What is under way for a blob is durable: carries out what waits for that.
  void release(const persistence::blob_key& key);

  void commit_then(persistence::batch writes, commit_continuation then);
  void on_commit(const error* failure);

  const engine_context_ptr context_;
  const caf::actor persister_;
  blob_totals totals_;
  bool is_counted_ = false;
  /// What was released or read shortly before the begin is not known, and may still be named.
  const time_point all_kept_until_;
  /// Contents to which their senders may add, and the bytes of each.
  std::map<std::string, std::uint64_t> uploads_;
  std::deque<commit_continuation> after_commits_;
  /// Blobs that are being made or deleted, and the uploads that wait for them.
  std::map<persistence::blob_key, std::deque<finish_blob>> under_way_;
  struct verification {
    finish_blob wanted;
    persistence::blob_verification bytes;  ///< of the blob that exists
  };
  std::map<persistence::blob_key, verification> verified_;

  enum class sweep_part : std::uint8_t { none, heads, loose_chunks };
  sweep_part sweep_ = sweep_part::none;
  std::string sweep_from_;  ///< key; empty: the first of the part
  /// By the step of the sweep that is under way, with their sizes.
  std::vector<std::pair<persistence::blob_key, std::uint64_t>> condemned_;
  bool has_blobs_ = false;  ///< seen by the sweep under way, or made meanwhile
  bool is_scheduled_ = false;
  std::uint64_t deleted_ = 0;  ///< blobs, by the sweep under way
};

}  // namespace pawl::actors
