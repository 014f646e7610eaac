#include "persistence/rocksdb/manifest.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <map>
#include <system_error>

#include "persistence/rocksdb/status.hpp"
#include "persistence/rocksdb/wal_reader.hpp"

namespace pawl::persistence::rocks {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> whole_number(std::string_view digits) noexcept {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (parsed.ec != std::errc{} || parsed.ptr != digits.data() + digits.size()) return std::nullopt;
  return number;
}

/// Decodes the fields of a record. After a failed read, all further reads fail.
class field_reader {
 public:
  explicit field_reader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] bool good() const noexcept { return good_; }

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; good_ && shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    good_ = false;
    return 0;
  }
  void text() {
    const auto size = number();
    good_ = good_ && size <= rest_.size();
    if (good_) rest_.remove_prefix(size);
  }
  void numbers(int count) {
    while (count-- > 0) number();
  }

 private:
  std::string_view rest_;
  bool good_ = true;
};

/// Tags of the fields (RocksDB, db/version_edit.h). They are part of its format and never change.
enum tag : std::uint64_t {
  comparator = 1,
  first_log = 2,
  next_file = 3,
  last_sequence = 4,
  compact_cursor = 5,
  deleted_file = 6,
  previous_log = 9,
  min_log_to_keep = 10,
  new_file = 103,
  column_family = 200,
  column_family_add = 201,
  column_family_drop = 202,
  max_column_family = 203,
  in_atomic_group = 300,
  blob_file = 400,
  blob_garbage = 401,
  first_ignorable = 8192,  ///< fields with this and higher tags are texts
};

void skip_new_file(field_reader& in) {
  in.numbers(3);  // level, number, size
  in.text();      // smallest key
  in.text();      // largest key
  in.numbers(2);  // smallest and largest sequence number
  constexpr std::uint64_t end = 1;
  while (in.good() && in.number() != end) in.text();
}

/// The fields that later versions may add to what a field says of a file with blobs.
void skip_blob_fields(field_reader& in) {
  constexpr std::uint64_t end = 0;
  while (in.good() && in.number() != end) in.text();
}

/// What the records say so far.
class edits_sink final : public wal_sink {
 public:
  explicit edits_sink(manifest_contents& into) : into_(into) {}

  void on_record(std::uint64_t, std::string_view content) override {
    if (into_.damage) return;  // RocksDB reads nothing after damage
    std::uint64_t family = 0;
    std::optional<std::uint64_t> log;
    bool dropped = false;
    field_reader in{content};
    while (in.good() && !in.at_end()) {
      switch (const auto found = in.number()) {
        case comparator:
          in.text();
          break;
        case first_log:
          log = in.number();
          break;
        case last_sequence:
          into_.last_sequence = std::max(into_.last_sequence, in.number());
          break;
        case min_log_to_keep:
          kept_from_ = std::max(kept_from_, in.number());
          break;
        case next_file:
        case previous_log:
        case max_column_family:
        case in_atomic_group:
          in.number();
          break;
        case compact_cursor:
          in.number();
          in.text();
          break;
        case deleted_file:
          in.numbers(2);
          break;
        case new_file:
          skip_new_file(in);
          break;
        case blob_file:
          in.numbers(3);  // number, count and bytes of its blobs
          in.text();      // method of the checksum
          in.text();      // checksum
          skip_blob_fields(in);
          break;
        case blob_garbage:
          in.numbers(3);  // number, count and bytes of the garbage
          skip_blob_fields(in);
          break;
        case column_family:
          family = in.number();
          break;
        case column_family_add:
          in.text();
          logs_.try_emplace(family, 0);
          break;
        case column_family_drop:
          dropped = true;
          break;
        default:
          if (found < first_ignorable) into_.understood = false;
          if (!into_.understood) return;
          in.text();
      }
    }
    into_.understood = into_.understood && in.good();
    if (log) logs_[family] = std::max(logs_[family], *log);
    if (dropped) logs_.erase(family);
  }

  void on_damage(const wal_damage& damage) override {
    if (!into_.damage) into_.damage = damage.offset;
  }

  void finish() {
    // RocksDB replays the logs that some column family needs, except those that it has been told
    // not to keep: families without data do not advance their own number.
    std::uint64_t needed = logs_.empty() ? 0 : UINT64_MAX;
    for (const auto& entry : logs_) needed = std::min(needed, entry.second);
    into_.first_needed_log = std::max(needed, kept_from_);
  }

 private:
  manifest_contents& into_;
  std::map<std::uint64_t, std::uint64_t> logs_;  ///< first needed log, by column family
  std::uint64_t kept_from_ = 0;
};

error damaged(const fs::path& folder, const std::string& what) {
  return {errc::corrupt,
          doing_to("opening", folder) + ": " + what + "; nothing was changed. " +
              "Restore the folder from a backup. `pawl store check` lists all damage"};
}

}  // namespace

std::optional<std::uint64_t> manifest_number(std::string_view name) noexcept {
  constexpr std::string_view prefix = "MANIFEST-";
  return name.starts_with(prefix) ? whole_number(name.substr(prefix.size())) : std::nullopt;
}

std::optional<std::uint64_t> log_number(std::string_view name) noexcept {
  constexpr std::string_view suffix = ".log";
  return name.ends_with(suffix) ? whole_number(name.substr(0, name.size() - suffix.size()))
                                : std::nullopt;
}

result<manifest_contents> read_manifest(const fs::path& folder) {
  std::ifstream current{folder / "CURRENT"};
  manifest_contents found;
  std::getline(current, found.name);
  const auto number = manifest_number(found.name);
  if (!number || current.eof()) return damaged(folder, "the file CURRENT is damaged");
  found.number = *number;
  const fs::path file = folder / found.name;
  std::error_code failed;
  found.bytes = fs::file_size(file, failed);
  if (failed) return damaged(folder, "the file " + found.name + " is missing");
  edits_sink edits{found};
  if (auto read = read_wal(file, edits); !read) return std::move(read).error();
  edits.finish();
  return found;
}

result<void> remove_unsynced_end(const fs::path& folder, const manifest_contents& found,
                                 const std::optional<synced_state>& known) {
  if (!known) return {};
  const auto end = known->manifest.number == found.number ? known->manifest : known->previous;
  if (end.number != found.number) return {};
  if (found.bytes < end.bytes) {
    return damaged(folder, "the file " + found.name + " ends at byte " +
                               std::to_string(found.bytes) + ", but " + std::to_string(end.bytes) +
                               " bytes had been synced");
  }
  if (!found.damage) return {};
  if (*found.damage < end.bytes) {
    return damaged(folder, "the file " + found.name + " is damaged at byte " +
                               std::to_string(*found.damage) + ", which had been synced");
  }
  const descriptor file{::open((folder / found.name).c_str(), O_RDWR | O_CLOEXEC)};
  if (!file.is_open() || ::ftruncate(file.number(), static_cast<off_t>(end.bytes)) != 0 ||
      ::fsync(file.number()) != 0) {
    return from_errno(errno, "opening", folder);
  }
  return {};
}

}  // namespace pawl::persistence::rocks
