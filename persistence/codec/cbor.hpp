#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/json.hpp>

#include "persistence/byte_reader.hpp"

/// JSON values as CBOR (RFC 8949), in the shortest forms that `json::to_cbor` uses, without its
/// adapters and their allocations.
namespace pawl::persistence::codec {

/// Maximum nesting of a stored value: both functions are recursive. The callers allow far less
/// (`flow::max_value_depth`, plus what contains such values).
inline constexpr std::uint32_t max_cbor_depth = 1'500;

/// Appends a value. It must not be a discarded one, nor nest deeper than `max_cbor_depth`.
void append_cbor(std::string& to, const json& value);

/// Reads the one value that `bytes` are. Records an error in `from`, to which the bytes belong, if
/// they are not what `append_cbor` writes.
[[nodiscard]] json read_cbor(std::string_view bytes, byte_reader& from);

}  // namespace pawl::persistence::codec
