#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// What a view returns in place of a value that cannot be opened. It is not a record, so whoever
/// decodes it gets an error that says why (`open_record`), and a scan goes on with the next value.
namespace pawl::persistence::values {

enum class unopened : std::uint8_t {
  damaged,  ///< it cannot be decompressed, or is not what was encrypted for its key in the store
  no_key,   ///< the key that encrypted it is not in `storage.keys`
};

[[nodiscard]] inline std::string_view to_value(unopened why) noexcept {
  using namespace std::string_view_literals;
  return why == unopened::damaged ? "\0d"sv : "\0k"sv;
}

/// Why this value was not opened; nothing for other values.
[[nodiscard]] inline std::optional<unopened> reason_of(std::string_view value) noexcept {
  if (value.size() != 2 || value.front() != '\0') return std::nullopt;
  for (const unopened why : {unopened::damaged, unopened::no_key})
    if (value == to_value(why)) return why;
  return std::nullopt;
}

}  // namespace pawl::persistence::values
