#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

/// The frame around every stored value:
///
///     version (1 byte) | kind (1 byte) | body as CBOR (RFC 8949) | CRC-32C (4 bytes, low first)
///
/// The checksum covers everything before it. Counters have no frame, because the store adds to them
/// itself.
namespace pawl::persistence {

/// Numbers are stored: they never change and are never reused.
enum class record_kind : std::uint8_t {
  schema = 1,
  flow_head = 2,
  flow_version = 3,
  run_summary = 4,
  checkpoint_snapshot = 5,
  checkpoint_delta = 6,
  task_lease = 7,
  journal_group = 8,
  run_input = 9,
  orphaned_run = 10,
  suspect = 11,
};

/// "run_summary", or "unknown".
[[nodiscard]] std::string_view to_string(record_kind kind) noexcept;

/// Encodes `body` with a frame. `version` is the layout version of `body`; each kind has its own.
/// `body` must not be a discarded value. The caller bounds its depth.
[[nodiscard]] std::string seal(record_kind kind, std::uint8_t version, const json& body);

struct opened {
  std::uint8_t version = 0;
  json body;
};

/// Checks the frame and decodes the body. Never throws. Error: `corrupt` for bytes that `seal` did
/// not write and for records of another kind.
[[nodiscard]] result<opened> open(record_kind expected, std::string_view bytes);

/// Returns the kind in the frame without checking the checksum, or nothing if the bytes are too
/// short for a frame or the kind is unknown.
[[nodiscard]] std::optional<record_kind> kind_of(std::string_view bytes) noexcept;

}  // namespace pawl::persistence
