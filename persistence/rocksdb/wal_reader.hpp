#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl::persistence::rocks {

/// Bytes of a log that are no record.
struct wal_damage {
  std::uint64_t offset = 0;  ///< of the record that was begun, or of the first bad byte
  /// The file ends before the record does: what the death of a writing process leaves behind.
  bool cut_short = false;
};

/// Gets what a log holds, in its order.
class wal_sink {
 public:
  virtual ~wal_sink() = default;
  /// `content` is one write batch as RocksDB encodes it. Valid during the call.
  virtual void on_record(std::uint64_t offset, std::string_view content) = 0;
  /// Called once for a stretch of damage, before the record after it.
  virtual void on_damage(const wal_damage& damage) = 0;
};

/// Reads one write-ahead log of RocksDB, and unlike RocksDB goes on behind damage, so that damage
/// in the middle can be told from an unfinished end.
///
/// Format (RocksDB wiki, "Write Ahead Log File Format"; LevelDB doc/log_format.md): blocks of
/// 32 KiB, in each physical records of masked CRC-32C (4), length (2), type (1), payload, where
/// the checksum covers type and payload. A record that crosses blocks has a first, middle and last
/// part. Types that are not known are skipped. Logs that are recycled or compressed are not read;
/// our stores write neither.
///
/// Error: `io_failed`.
[[nodiscard]] result<void> read_wal(const std::filesystem::path& file, wal_sink& sink);

}  // namespace pawl::persistence::rocks
