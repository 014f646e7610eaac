#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl {

/// What a caller and those whom he calls have in common, so that somebody can put their parts of
/// one story together: the `traceparent` of W3C Trace Context
/// (https://www.w3.org/TR/trace-context/).
struct trace_context {
  std::array<std::uint8_t, 16> trace_id{};  ///< of the whole story; not all zero
  std::array<std::uint8_t, 8> parent_id{};  ///< of the call that this one is made by; not all zero
  std::uint8_t flags = 0;                   ///< 1: sampled, 2: the trace id is random

  friend bool operator==(const trace_context&, const trace_context&) = default;
};

/// Reads a `traceparent`. None for what the standard does not allow, which is to be ignored: it is
/// no reason to refuse anything. Of a version to come the fields of version 00 are read.
[[nodiscard]] std::optional<trace_context> parse_traceparent(std::string_view text) noexcept;

/// As version 00: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".
[[nodiscard]] std::string to_traceparent(const trace_context& context);
/// "0af7651916cd43dd8448eb211c80319c"
[[nodiscard]] std::string trace_id_text(const trace_context& context);

}  // namespace pawl
