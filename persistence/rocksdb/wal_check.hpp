#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace pawl::persistence::rocks {

/// What we put in front of every write batch in the log (it is not stored elsewhere), so that
/// after a crash it can be told which records had to be there. Numbers are RocksDB's sequences:
/// every operation has the next one.
struct wal_mark {
  std::uint64_t opened_at = 0;  ///< the last sequence when this store was opened
  std::uint64_t synced = 0;     ///< all up to this one were synced when this was written
  std::uint64_t boot = 0;       ///< names the run of the machine; 0 if not known

  friend bool operator==(const wal_mark&, const wal_mark&) = default;
};

[[nodiscard]] std::string encode_mark(const wal_mark& mark);

/// The boot that the machine is in, 0 where the system does not tell.
[[nodiscard]] std::uint64_t current_boot();

/// One write batch, as far as it matters here.
struct wal_entry {
  std::uint64_t first_sequence = 0;
  std::uint32_t operations = 0;
  std::optional<wal_mark> mark;
};

/// Reads the head of a batch in RocksDB's encoding: sequence (8), count (4), then operations, of
/// which the mark is the first. Nothing for bytes that are too short.
[[nodiscard]] std::optional<wal_entry> parse_entry(std::string_view batch) noexcept;

/// Records that were acknowledged and are not in the logs any more.
struct wal_loss {
  std::uint64_t log = 0;     ///< number of the log where they ought to be
  std::uint64_t offset = 0;  ///< where the damage is, or the end of what is good
  bool damaged = false;      ///< bytes are damaged; otherwise they are gone, perhaps a whole log
};

/// Decides, from all logs in order, whether a gap in them is the harmless end of a crash or the
/// loss of something that was promised.
///
/// The death of the process leaves at most a record that the file's end cuts short. A loss of
/// power can also leave holes with good records behind them, because what was not synced reaches
/// the disk in any order; then everything from the first hole on must be forgotten, or batches
/// would be missing between others. So a gap is a loss if a record behind it says that what is
/// missing was synced, or was written in the present boot, since when no power was lost.
class wal_check {
 public:
  explicit wal_check(std::uint64_t boot) : boot_(boot) {}

  /// Logs with lower numbers are not needed any more: what their records say does not count.
  void ignore_below(std::uint64_t log) { needed_from_ = log; }

  void begin_log(std::uint64_t number);
  void on_damage(std::uint64_t offset, bool cut_short);
  void on_entry(std::uint64_t offset, const wal_entry& entry);
  void end_log();
  void finish();

  /// The first loss. Nothing if recovery loses nothing that was promised.
  [[nodiscard]] const std::optional<wal_loss>& loss() const noexcept { return loss_; }

  /// The records behind a gap, by log number and first sequence: recovery must leave them out.
  using record_set = std::set<std::pair<std::uint64_t, std::uint64_t>>;
  [[nodiscard]] const record_set& left_out() const noexcept { return left_out_; }

 private:
  void forget();
  void note_loss(bool damaged);

  std::uint64_t boot_;
  std::uint64_t needed_from_ = 0;
  std::uint64_t log_ = 0;
  bool log_has_entries_ = false;

  std::uint64_t next_ = 0;  ///< sequence expected next, 0 while not known
  std::uint64_t last_boot_ = 0;
  wal_loss gap_;  ///< where a gap is, or would begin
  bool broken_ = false;
  bool cut_short_ = false;

  std::optional<wal_loss> loss_;
  record_set left_out_;
};

}  // namespace pawl::persistence::rocks
