#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl {

/// Maximum length of a code_ref, in bytes.
inline constexpr std::size_t max_code_ref_bytes = 256;
/// Maximum number of dot-separated segments of a code_ref.
inline constexpr std::size_t max_code_ref_segments = 10;

/// The prefix that is reserved for the built-in functions.
inline constexpr std::string_view built_in_prefix = "core.";

/// Checks the name of a function (code_ref).
/// It has 1 to `max_code_ref_bytes` bytes of `[A-Za-z0-9._-]`,
/// no "..", at most `max_code_ref_segments` segments. A valid name is safe as a file name, in a log
/// line and in a message. Error: `invalid_argument`; its type is the violated rule:
/// "code_ref.empty", "code_ref.too_long", "code_ref.absolute", "code_ref.colon", "code_ref.dots",
/// "code_ref.character" or "code_ref.segments".
[[nodiscard]] result<void> check_code_ref(std::string_view code_ref);

/// As above, and the name must begin with one of `allowed_prefixes`: "orders." allows
/// "orders.charge". End a prefix with a dot; "orders" also allows "orders2.x". An empty list and an
/// empty prefix allow nothing. Error type: also "code_ref.prefix".
[[nodiscard]] result<void> check_code_ref(std::string_view code_ref,
                                          std::span<const std::string> allowed_prefixes);

/// Quotes any text for a message: at most 80 bytes, in double quotes, all bytes but printable ASCII
/// as \xNN.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace pawl
