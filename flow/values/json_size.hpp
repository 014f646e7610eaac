#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <pawl/json.hpp>

/// The one measure of a JSON value's size: every limit in bytes is checked against it, so that no
/// limit accepts what another refuses.
///
/// It is the length of the compact JSON text, with two differences. A floating-point number counts
/// as 18 bytes, and a container that is not empty counts one comma too many. So the size of a
/// container is the sum of what its members add to it. Nothing is serialized.
namespace pawl::flow {

inline constexpr std::size_t json_float_size = 18;
inline constexpr std::size_t json_container_size = 2;  ///< of an empty array or object
inline constexpr std::size_t json_item_size = 1;       ///< what an array adds for each item
inline constexpr std::size_t json_member_size = 2;     ///< what an object adds for each member

/// Containers that are nested deeper count as empty, so that the recursion is bounded. No value
/// that is stored nests so deep: see `max_value_depth`.
inline constexpr std::size_t json_size_depth = 2'000;

/// The size of a value. Takes time in proportion to it. A value that is not JSON (binary,
/// discarded) counts as null.
[[nodiscard]] std::size_t json_size(const json& value) noexcept;

/// The size of a string: quotes and escapes included.
[[nodiscard]] std::size_t json_string_size(std::string_view text) noexcept;

/// What an object adds for a key, besides the size of its value.
[[nodiscard]] inline std::size_t json_key_size(std::string_view key) noexcept {
  return json_string_size(key) + json_member_size;
}

/// Sets a member of an object and updates `size`, which counts the members of the object.
void set_member(json& object, std::size_t& size, const std::string& key, json value);

/// The size of a value that is neither a string nor a container.
[[nodiscard]] std::size_t json_scalar_size(const json& value) noexcept;

}  // namespace pawl::flow
