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
/// The checksum covers everything before it. Counters are the only values without a frame, because
/// a store adds to them by itself.
namespace pawl::persistence {

/// What a record is about. The numbers are on disk: they are never changed and never used again.
enum class record_kind : std::uint8_t {
  schema = 1,
  flow_head = 2,
  flow_version = 3,
  run_summary = 4,
  checkpoint_snapshot = 5,
  checkpoint_delta = 6,
  task_lease = 7,
  journal_group = 8,
};

/// "run_summary", or "unknown".
[[nodiscard]] std::string_view to_string(record_kind kind) noexcept;

/// Puts a frame around `body`. `version` is that of the body's layout, for each kind its own.
/// `body` must not be a discarded value; its depth is up to the caller.
[[nodiscard]] std::string seal(record_kind kind, std::uint8_t version, const json& body);

struct opened {
  std::uint8_t version = 0;
  json body;
};

/// Checks the frame and reads the body. Never throws. Errors: `corrupt` where the bytes are not
/// what `seal` wrote, or are of another kind.
[[nodiscard]] result<opened> open(record_kind expected, std::string_view bytes);

/// The kind that the frame names, unchecked: for choosing how to open. Nothing where the bytes are
/// too short for a frame or the kind is not known.
[[nodiscard]] std::optional<record_kind> kind_of(std::string_view bytes) noexcept;

}  // namespace pawl::persistence
