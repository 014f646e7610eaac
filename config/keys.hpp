#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <pawl/settings.hpp>

namespace pawl::config {

/// A pointer to a member of `settings`. Its type decides how its text is parsed: a 32-bit number is
/// a count, a 64-bit number a size in bytes.
using field = std::variant<bool*, std::uint32_t*, std::uint64_t*, std::chrono::milliseconds*,
                           std::string*, std::filesystem::path*, std::vector<std::string>*,
                           durability*, compression*, log_level*, log_format*>;

/// One setting: all that is needed to load, check, show and document it.
struct key {
  std::string_view name;         ///< "storage.data_dir", the path of the member in `settings`
  field (*in)(settings& whole);  ///< the member
  std::string_view doc;          ///< description: a noun phrase, then sentences
  std::uint64_t min = 0;         ///< for counts, sizes in bytes, times in milliseconds
  std::uint64_t max = 0;
  std::string_view expects = {};                     ///< what is allowed, for messages
  bool (*accepts)(std::string_view text) = nullptr;  ///< whether a string or list item is allowed
  bool is_secret = false;  ///< whether it may have a password, so that no message repeats it
};

/// All settings, grouped, in the order of the documentation.
[[nodiscard]] std::span<const key> keys() noexcept;

/// Returns the setting with this name, or null.
[[nodiscard]] const key* find_key(std::string_view name) noexcept;

/// The environment variable of a setting: "PAWL_STORAGE_DATA_DIR" for "storage.data_dir".
[[nodiscard]] std::string variable_of(std::string_view key_name);

/// Returns the setting that an unknown name probably means: one with a similar name, or one of
/// another group with a similar last part.
[[nodiscard]] std::optional<std::string_view> suggest_key(std::string_view name);

}  // namespace pawl::config
