#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/json.hpp>

namespace pawl::flow::logic {

/// Where a secret belongs in a value. A rule never sees secrets: the value has null at this place
/// until it is passed to a function.
struct secret_place {
  std::vector<std::string> path;  ///< the members that lead to the place, outermost first
  std::string before;             ///< text before the secret
  std::string name;
  std::string after;  ///< text after the secret

  friend bool operator==(const secret_place&, const secret_place&) = default;
};

using secret_places = std::vector<secret_place>;

inline constexpr std::string_view secret_word = "secret";
inline constexpr std::size_t max_secret_name_bytes = 128;

/// 1 to `max_secret_name_bytes` letters, digits, "_", "-" and ".".
[[nodiscard]] bool is_secret_name(std::string_view name) noexcept;

/// Whether a value asks for a secret: `{"secret": …}`, or a text with `{{… | secret}}`.
[[nodiscard]] bool is_secret(const json& source);

/// Reads such a value. The path of the place is empty. None if it is malformed: the name is not
/// one, or the text has other values in braces.
[[nodiscard]] std::optional<secret_place> read_secret(const json& source);

}  // namespace pawl::flow::logic
