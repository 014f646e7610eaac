#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl {

/// The longest code_ref, in bytes.
inline constexpr std::size_t max_code_ref_bytes = 256;
/// The most parts between dots that a code_ref may have.
inline constexpr std::size_t max_code_ref_segments = 10;

/// Names that begin with this belong to the built-in functions.
inline constexpr std::string_view built_in_prefix = "core.";

/// Checks a function's name as it was written, before anything is made of it: 1 to
/// `max_code_ref_bytes` bytes of `[A-Za-z0-9._-]`, no "..", no leading "/", no ":", at most
/// `max_code_ref_segments` segments. A name that passes is safe as a file name, in a log line and
/// in a message. Error: `invalid_argument`; its message says which rule is broken, its type is the
/// rule's stable name: "code_ref.empty", "code_ref.too_long", "code_ref.absolute",
/// "code_ref.colon", "code_ref.dots", "code_ref.character" or "code_ref.segments".
[[nodiscard]] result<void> check_code_ref(std::string_view code_ref);

/// As above, and the name must begin with one of `allowed_prefixes` ("orders." allows
/// "orders.charge"). A prefix counts up to its end only: write the dot, or "orders" also allows
/// "orders2.x". An empty list and an empty prefix allow nothing. Error type: also
/// "code_ref.prefix".
[[nodiscard]] result<void> check_code_ref(std::string_view code_ref,
                                          std::span<const std::string> allowed_prefixes);

/// `text` in double quotes for a message, whatever is in it: at most 80 bytes, everything but
/// printable ASCII as \xNN.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace pawl
