#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

/// The `traceparent` of W3C Trace Context (https://www.w3.org/TR/trace-context/). It connects the
/// spans of one distributed trace.
struct trace_context {
  std::array<std::uint8_t, 16> trace_id{};  ///< id of the trace; not all zero
  std::array<std::uint8_t, 8> parent_id{};  ///< id of the calling span; not all zero
  std::uint8_t flags = 0;                   ///< 1: sampled, 2: the trace id is random

  friend bool operator==(const trace_context&, const trace_context&) = default;
};

/// Parses a `traceparent`. Returns none for an invalid one; the standard says to ignore it, not to
/// refuse the request. Of later versions it reads the fields that version 00 has.
[[nodiscard]] std::optional<trace_context> parse_traceparent(std::string_view text) noexcept;

/// Formats as version 00: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".
[[nodiscard]] std::string to_traceparent(const trace_context& context);
/// The trace id in hexadecimal: "0af7651916cd43dd8448eb211c80319c"
[[nodiscard]] std::string trace_id_text(const trace_context& context);

}  // namespace pawl
