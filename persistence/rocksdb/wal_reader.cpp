#include "persistence/rocksdb/wal_reader.hpp"

#include <array>
#include <fstream>

#include "persistence/crc32c.hpp"

namespace pawl::persistence::rocks {
namespace {

constexpr std::size_t block_bytes = 32768;
constexpr std::size_t header_bytes = 7;

enum part_type : unsigned { full = 1, first = 2, middle = 3, last = 4 };

struct part {
  unsigned type = 0;
  std::string_view payload;
  [[nodiscard]] std::size_t bytes() const { return header_bytes + payload.size(); }
};

std::uint32_t little_endian(std::string_view bytes) noexcept {
  std::uint32_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

/// Checksums are stored masked, so that a log embedded in a record does not pass for one.
std::uint32_t masked(std::uint32_t crc) noexcept {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

enum class parsed { good, bad, beyond_end };

parsed parse_part(std::string_view block, part& into) {
  const std::size_t length = little_endian(block.substr(4, 2));
  into.type = static_cast<unsigned char>(block[6]);
  if (header_bytes + length > block.size()) return parsed::beyond_end;
  if (into.type == 0 && length == 0) return parsed::bad;  // never written
  into.payload = block.substr(header_bytes, length);
  const bool matches =
      masked(crc32c(block.substr(6, 1 + length))) == little_endian(block.substr(0, 4));
  return matches ? parsed::good : parsed::bad;
}

/// Joins the parts of records, and reports each damaged stretch once.
class assembler {
 public:
  explicit assembler(wal_sink& sink) : sink_(sink) {}

  void on_part(const part& found, std::uint64_t offset) {
    switch (found.type) {
      case full:
        drop_unfinished();
        finish(offset, found.payload);
        break;
      case first:
        drop_unfinished();
        begun_ = true;
        start_ = offset;
        content_.assign(found.payload);
        break;
      case middle:
      case last:
        if (!begun_) {
          report({offset, false});
          break;
        }
        content_.append(found.payload);
        if (found.type == last) finish(start_, content_);
        break;
      default:
        break;  // metadata of the log
    }
  }

  void on_damage(std::uint64_t offset, bool truncated) {
    report({begun_ ? start_ : offset, truncated});
    begun_ = false;
  }

  void on_end() {
    if (begun_) report({start_, true});
  }

 private:
  void drop_unfinished() {
    if (begun_) on_damage(start_, false);
  }

  void finish(std::uint64_t offset, std::string_view content) {
    begun_ = false;
    damaged_ = false;
    sink_.on_record(offset, content);
  }

  void report(const wal_damage& damage) {
    if (!damaged_) sink_.on_damage(damage);
    damaged_ = true;
  }

  wal_sink& sink_;
  std::string content_;
  std::uint64_t start_ = 0;
  bool begun_ = false;
  bool damaged_ = false;
};

/// Returns the start of the next valid part after damage at `at`. The length in a damaged header is
/// not reliable, so every offset is tried; the checksum decides.
std::size_t next_part(std::string_view block, std::size_t at) {
  part found;
  for (std::size_t p = at + 1; p + header_bytes < block.size(); ++p) {
    const auto type = static_cast<unsigned char>(block[p + 6]);
    if (type >= full && type <= last && parse_part(block.substr(p), found) == parsed::good)
      return p;
  }
  return block.size();
}

void read_block(std::string_view block, std::uint64_t base, bool at_end, assembler& into) {
  std::size_t at = 0;
  while (block.size() - at >= header_bytes) {
    part found;
    const auto outcome = parse_part(block.substr(at), found);
    if (outcome == parsed::good) {
      into.on_part(found, base + at);
      at += found.bytes();
    } else {
      // A record cut off by a crash is the last one: what a valid part follows is damage.
      const std::size_t next = next_part(block, at);
      const bool is_last = at_end && next == block.size();
      into.on_damage(base + at, outcome == parsed::beyond_end && is_last);
      at = next;
    }
  }
  // A full block ends with fewer unused bytes than a header.
  if (at_end && at < block.size()) into.on_damage(base + at, true);
}

}  // namespace

result<void> read_wal(const std::filesystem::path& file, wal_sink& sink) {
  std::ifstream log{file, std::ios::binary};
  if (!log.is_open())
    return error{errc::io_failed,
                 "reading the write-ahead log " + file.string() + ": cannot open the file"};
  assembler records{sink};
  std::array<char, block_bytes> block{};
  for (std::uint64_t base = 0; log; base += block_bytes) {
    log.read(block.data(), block.size());
    const auto size = static_cast<std::size_t>(log.gcount());
    read_block({block.data(), size}, base, size < block_bytes, records);
  }
  if (log.bad())
    return error{errc::io_failed, "reading the write-ahead log " + file.string() + ": read error"};
  records.on_end();
  return {};
}

}  // namespace pawl::persistence::rocks
