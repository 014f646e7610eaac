#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

namespace pawl::flow {

/// Parses JSON text (RFC 8259) from outside. All of Pawl reads such text with this function, so one
/// rule holds everywhere. Refused, besides text that is not JSON:
/// - an object with two members of the same name, because programs disagree about which counts;
/// - a number that would change: an integer (without fraction or exponent) beyond 64 bits, and any
///   number beyond the range of a double or too small for it. A number with a fraction or exponent
///   is the nearest double;
/// - a byte order mark, and a NUL byte after the value.
/// `what` names the text in messages. Errors: `invalid_argument` with the line and column (from 1,
/// in bytes) and the reason, of a duplicate with both places; `limit_exceeded` if the text is too
/// long or nested too deep. Does not recurse.
[[nodiscard]] result<json> parse_json(std::string_view text, std::string_view what,
                                      std::size_t max_bytes, std::uint32_t max_depth);

}  // namespace pawl::flow
