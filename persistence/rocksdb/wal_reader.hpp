#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl::persistence::rocks {

/// Damaged bytes in a log.
struct wal_damage {
  std::uint64_t offset = 0;  ///< of the record that is damaged, or of the first damaged byte
  /// The file ends before the record does. The death of a writing process leaves this.
  bool truncated = false;
};

/// Receives the contents of a log, in order.
class wal_sink {
 public:
  virtual ~wal_sink() = default;
  /// `content` is one write batch in RocksDB's encoding. It is valid during the call.
  virtual void on_record(std::uint64_t offset, std::string_view content) = 0;
  /// Called once per damaged stretch, before the record after it.
  virtual void on_damage(const wal_damage& damage) = 0;
};

/// Reads one write-ahead log of RocksDB. Unlike RocksDB it continues after damage, so that damage
/// in the middle can be distinguished from an unfinished end.
///
/// Format (RocksDB wiki, "Write Ahead Log File Format"; LevelDB doc/log_format.md): blocks of
/// 32 KiB, in each physical records of masked CRC-32C (4), length (2), type (1), payload, where
/// the checksum covers type and payload. A record that crosses blocks has a first, middle and last
/// part. Unknown types are skipped. Recycled and compressed logs are not supported; Pawl writes
/// neither.
///
/// Error: `io_failed`.
[[nodiscard]] result<void> read_wal(const std::filesystem::path& file, wal_sink& sink);

}  // namespace pawl::persistence::rocks
