#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace pawl::persistence::rocks {

/// Precedes every write batch in the log, and is stored nowhere else. After a crash it shows which
/// records must be in the log. Numbers are RocksDB sequence numbers: each operation has the next.
struct wal_mark {
  std::uint64_t opened_at = 0;  ///< the last sequence number when the store was opened
  std::uint64_t synced = 0;     ///< all up to this one were synced when the mark was written
  std::uint64_t boot = 0;       ///< identifies the boot of the machine; 0: unknown

  friend bool operator==(const wal_mark&, const wal_mark&) = default;
};

[[nodiscard]] std::string encode_mark(const wal_mark& mark);

/// The current boot of the machine, or 0 if the system does not report it.
[[nodiscard]] std::uint64_t current_boot();

/// The head of a write batch in the log.
struct wal_entry {
  std::uint64_t first_sequence = 0;
  std::uint32_t operations = 0;
  std::optional<wal_mark> mark;
};

/// Decodes the head of a batch in RocksDB's encoding: sequence (8), count (4), operations. The mark
/// is the first operation. Returns nothing for bytes that are too short.
[[nodiscard]] std::optional<wal_entry> parse_entry(std::string_view batch) noexcept;

/// What is known apart from the logs. The defaults say: nothing.
struct wal_knowledge {
  std::uint64_t boot = 0;              ///< the current boot of the machine; 0: unknown
  std::uint64_t first_needed_log = 0;  ///< logs with lower numbers are obsolete
  std::uint64_t first_sequence = 0;    ///< with which the needed logs begin; 0: unknown
  std::uint64_t in_tables = 0;         ///< the last sequence number when the tables were changed
  std::uint64_t synced = 0;            ///< all up to this one were synced (`synced_state`)
  /// `synced` is exact for the records of the current boot, and none after it was acknowledged.
  bool synced_is_exact = false;
};

/// The loss of acknowledged records from the logs.
struct wal_loss {
  std::uint64_t log = 0;     ///< number of the log that should hold them
  std::uint64_t offset = 0;  ///< of the damage, or the end of the valid records
  bool damaged = false;      ///< false: the records are missing, perhaps a whole log
  /// False if nothing shows that there were records: the log ends in bytes that no process wrote.
  bool is_certain = true;
};

/// Reads all needed logs in order and decides whether a gap, or the end, is a normal result of a
/// crash or the loss of acknowledged records.
///
/// The death of the process leaves at most one truncated record, at the end of the last file. A
/// power failure can also leave gaps with valid records after them, because unsynced data reaches
/// the disk in any order; so does a disk that fails to write what it had accepted. Recovery must
/// drop everything after the first gap, or batches would be missing between others. A gap or an end
/// is a loss if
/// - a later record or the mark of the store shows that the missing records were synced, or
/// - a later record is of the current boot, during which power did not fail, and it is not known
///   that only synced records were acknowledged.
///
/// Obsolete logs are ignored, because RocksDB deletes them in any order and a crash can bring some
/// of them back.
class wal_check {
 public:
  explicit wal_check(const wal_knowledge& known);

  [[nodiscard]] bool needs(std::uint64_t log) const noexcept {
    return log >= known_.first_needed_log;
  }

  void begin_log(std::uint64_t number);
  void on_damage(std::uint64_t offset, bool truncated);
  void on_entry(std::uint64_t offset, const wal_entry& entry);
  void end_log();
  void finish();

  /// The first loss, if there is one.
  [[nodiscard]] const std::optional<wal_loss>& loss() const noexcept { return loss_; }

  /// The records after a gap, by log number and first sequence number. Recovery must skip them.
  using record_set = std::set<std::pair<std::uint64_t, std::uint64_t>>;
  [[nodiscard]] const record_set& skipped() const noexcept { return skipped_; }

  /// The last sequence number before the first gap. Valid after `finish`.
  [[nodiscard]] std::uint64_t last_kept() const noexcept;

 private:
  void note_loss(bool damaged);

  const wal_knowledge known_;
  std::uint64_t log_ = 0;

  std::uint64_t next_ = 0;  ///< the next expected sequence number; 0: unknown
  std::uint64_t last_boot_ = 0;
  wal_loss gap_;  ///< the current gap, or where one would start
  bool in_gap_ = false;
  bool truncated_ = false;  ///< the gap is a record that the end of the file cuts off

  std::optional<wal_loss> loss_;
  record_set skipped_;
};

}  // namespace pawl::persistence::rocks
