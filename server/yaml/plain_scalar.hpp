#pragma once

#include <string_view>

#include <pawl/json.hpp>

namespace pawl::server {

/// What a plain (unquoted) scalar of YAML means.
struct plain_scalar {
  json value;
  /// Why it is refused; empty if it is not.
  std::string_view refused = {};
};

/// Reads a plain scalar with the core schema of YAML 1.2 (10.3.2), but numbers as JSON has them.
/// What the core schema reads as another number is refused, because it would become a text.
[[nodiscard]] plain_scalar read_plain_scalar(std::string_view text);

}  // namespace pawl::server
