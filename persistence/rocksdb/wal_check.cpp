#include "persistence/rocksdb/wal_check.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>

namespace pawl::persistence::rocks {
namespace {

constexpr std::string_view magic = "pawl";
constexpr std::size_t mark_bytes = magic.size() + 3 * 8;

constexpr std::size_t batch_header_bytes = 12;
constexpr char log_data_tag = 3;  // kTypeLogData in RocksDB's encoding of batches

void append_number(std::string& to, std::uint64_t number) {
  for (int shift = 0; shift < 64; shift += 8) to.push_back(static_cast<char>(number >> shift));
}

std::uint64_t read_number(std::string_view from) noexcept {
  std::uint64_t number = 0;
  for (std::size_t i = from.size(); i-- > 0;)
    number = number << 8 | static_cast<unsigned char>(from[i]);
  return number;
}

}  // namespace

std::string encode_mark(const wal_mark& mark) {
  std::string bytes{magic};
  append_number(bytes, mark.opened_at);
  append_number(bytes, mark.synced);
  append_number(bytes, mark.boot);
  return bytes;
}

std::uint64_t current_boot() {
  std::ifstream file{"/proc/sys/kernel/random/boot_id"};
  std::string text;
  std::getline(file, text);
  std::erase(text, '-');
  std::uint64_t boot = 0;
  const auto half = text.substr(0, 16);
  const auto parsed = std::from_chars(half.data(), half.data() + half.size(), boot, 16);
  return parsed.ec == std::errc{} ? boot : 0;
}

std::optional<wal_entry> parse_entry(std::string_view batch) noexcept {
  if (batch.size() < batch_header_bytes) return std::nullopt;
  wal_entry entry;
  entry.first_sequence = read_number(batch.substr(0, 8));
  entry.operations = static_cast<std::uint32_t>(read_number(batch.substr(8, 4)));
  const auto body = batch.substr(batch_header_bytes);
  if (body.size() < 2 + mark_bytes || body[0] != log_data_tag || body[1] != char{mark_bytes} ||
      body.substr(2, magic.size()) != magic) {
    return entry;
  }
  const auto numbers = body.substr(2 + magic.size());
  entry.mark = wal_mark{read_number(numbers.substr(0, 8)), read_number(numbers.substr(8, 8)),
                        read_number(numbers.substr(16, 8))};
  return entry;
}

wal_check::wal_check(const wal_knowledge& known)
    : known_(known), log_(known.first_needed_log), next_(known.first_sequence) {
  gap_.log = log_;
}

void wal_check::begin_log(std::uint64_t number) {
  log_ = number;
  if (needs(log_) && !in_gap_) gap_ = {number, 0, false};
}

void wal_check::on_damage(std::uint64_t offset, bool truncated) {
  if (!needs(log_) || in_gap_) return;
  in_gap_ = true;
  truncated_ = truncated;
  gap_ = {log_, offset, true};
}

void wal_check::on_entry(std::uint64_t offset, const wal_entry& entry) {
  if (!needs(log_)) return;
  if (entry.operations == 0) return;  // internal to RocksDB; changes nothing
  const std::uint64_t first = entry.first_sequence;

  // The first sequence number that is missing before this record. Records from before the store was
  // opened are in tables already.
  const bool gap_possible = in_gap_ || next_ != 0;
  const std::uint64_t opened_at = entry.mark ? entry.mark->opened_at : 0;
  const std::uint64_t missing = std::max(next_, opened_at + 1);
  if (gap_possible && missing < first) {
    in_gap_ = true;
    const bool same_boot = entry.mark && known_.boot != 0 && entry.mark->boot == known_.boot;
    const bool was_synced =
        known_.synced >= missing || (entry.mark && entry.mark->synced >= missing);
    if (was_synced || (same_boot && !known_.synced_is_exact)) note_loss(gap_.damaged);
    skipped_.emplace(log_, first);
    return;
  }
  in_gap_ = false;
  next_ = first + entry.operations;
  last_boot_ = entry.mark ? entry.mark->boot : 0;
  gap_ = {log_, offset, false};
}

void wal_check::finish() {
  // In the current boot the end of the log is as the process wrote it, so only a truncated record
  // can be invalid.
  const bool damaged_end = in_gap_ && gap_.damaged && !truncated_ && known_.boot != 0 &&
                           last_boot_ == known_.boot && !known_.synced_is_exact;
  const bool is_certain = last_kept() < known_.synced;
  if (loss_ || (!damaged_end && !is_certain)) return;
  note_loss(in_gap_ && gap_.damaged);
  loss_->is_certain = is_certain;
}

std::uint64_t wal_check::last_kept() const noexcept {
  return next_ != 0 ? next_ - 1 : known_.in_tables;
}

void wal_check::note_loss(bool damaged) {
  if (loss_) return;
  loss_ = gap_;
  loss_->damaged = damaged;
}

}  // namespace pawl::persistence::rocks
