#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/result.hpp>

#include "persistence/byte_reader.hpp"
#include "persistence/byte_writer.hpp"

/// The frame around every stored value:
///
///     version (1 byte) | kind (1 byte) | body | CRC-32C (4 bytes, low first)
///
/// The checksum covers everything before it. The fields of a body follow each other without names;
/// its version says which they are. Counters have no frame, because the store adds to them itself.
namespace pawl::persistence {

/// Numbers are stored: they never change and are never reused.
enum class record_kind : std::uint8_t {
  schema = 1,
  flow_head = 2,
  flow_version = 3,
  run_summary = 4,
  run_state = 5,
  checkpoint = 6,
  task_lease = 7,
  journal_group = 8,
  run_input = 9,
  orphaned_run = 10,
  suspect = 11,
  clock_lead = 12,
  journal_block = 13,
  job_request = 14,
  job_progress = 15,
  job_page = 16,
  flow_numbers = 17,
  run_log_head = 18,
  run_log_chunk = 19,
  keys_in_use = 20,
  blob_head = 21,
  blob_chunk = 22,
};

/// "run_summary", or "unknown".
[[nodiscard]] std::string_view to_string(record_kind kind) noexcept;

/// Appends a record to a buffer, in place: its frame here, the fields of its body by the calls of
/// `byte_writer`. A buffer can hold several records; use positions, because it moves as it grows.
class record_writer : public byte_writer {
 public:
  /// `version` is the layout version of the body, from 1; each kind has its own.
  record_writer(std::string& to, record_kind kind, std::uint8_t version);
  /// Appends the checksum. Call it once, last.
  void finish();

 private:
  std::string& record_;
  std::size_t begin_;
};

/// A record whose frame is valid: a reader of its body.
struct opened_record {
  std::uint8_t version = 0;
  byte_reader body;
};

/// Checks the frame. Errors: `corrupt` for bytes that no `record_writer` wrote, for records of
/// another kind and for a value that the store could not open; `not_supported` for one whose key is
/// not in `storage.keys` (values/unopened.hpp).
[[nodiscard]] result<opened_record> open_record(record_kind expected, std::string_view bytes);

/// Whether an error of a record concerns this one only, so that others can be read: it is damaged,
/// or its key is dropped.
[[nodiscard]] inline bool is_unreadable(const error& why) noexcept {
  return why.code == errc::corrupt || why.code == errc::not_supported;
}

/// Returns the kind in the frame without checking the checksum, or nothing if the bytes are too
/// short for a frame or the kind is unknown.
[[nodiscard]] std::optional<record_kind> kind_of(std::string_view bytes) noexcept;

/// The errors of a body: that of a reader, and that of a version above those that this build reads.
[[nodiscard]] error body_error(record_kind kind, const byte_reader& body);
[[nodiscard]] error newer_version(record_kind kind, std::uint8_t version);

/// Decodes the body of one version. Errors stay in the reader.
template <class T>
using body_decoder = T (*)(byte_reader& from);

/// Decodes a record with the decoder of its version: the first is that of version 1, and so on.
/// Never throws. Errors: as `open_record`, and `schema_newer`.
template <class T, std::size_t Versions>
[[nodiscard]] result<T> decode_record(record_kind kind, std::string_view bytes,
                                      const body_decoder<T> (&decoders)[Versions]) {
  auto record = open_record(kind, bytes);
  if (!record) return std::move(record).error();
  if (record->version > Versions) return newer_version(kind, record->version);
  byte_reader& body = record->body;
  T value = decoders[record->version - 1](body);
  if (body.left() > 0) body.fail("has more bytes than its fields");
  if (!body.ok()) return body_error(kind, body);
  return value;
}

}  // namespace pawl::persistence
