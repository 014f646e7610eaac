#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl::detail {

/// Decodes base64 (RFC 4648), with or without padding, also its form for URLs. Returns nothing for
/// other text.
[[nodiscard]] std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace pawl::detail
