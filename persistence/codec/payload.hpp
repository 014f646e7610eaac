#pragma once

#include <cstdint>

#include <pawl/json.hpp>

#include "persistence/byte_reader.hpp"
#include "persistence/byte_writer.hpp"

/// Payloads are the values in records that come from users: data, arguments, events' details,
/// questions, definitions. This is the only place that knows how their bytes are coded:
///
///     codec (1 byte) | length | bytes
namespace pawl::persistence::codec {

/// Numbers are stored: they never change and are never reused. A reader that does not know a number
/// is older than what it reads.
enum class payload_codec : std::uint8_t {
  plain = 0,  ///< CBOR
};

/// As `append_cbor`.
void encode_payload(byte_writer& to, const json& value);
[[nodiscard]] json decode_payload(byte_reader& from);

/// A payload that must be an object.
[[nodiscard]] json decode_object(byte_reader& from);

}  // namespace pawl::persistence::codec
