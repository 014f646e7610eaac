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

/// A place in a `settings` value. Its type decides how a text for it is read: a 32-bit number is a
/// count, a 64-bit number a size in bytes.
using field = std::variant<bool*, std::uint32_t*, std::uint64_t*, std::chrono::milliseconds*,
                           std::string*, std::filesystem::path*, std::vector<std::string>*,
                           durability*, log_level*, log_format*>;

/// One setting: everything that loading, checking, showing and documenting it needs.
struct key {
  std::string_view name;         ///< "storage.data_dir", the same path as in `settings`
  field (*in)(settings& whole);  ///< where its value is
  std::string_view doc;          ///< what it does, in sentences
  std::uint64_t min = 0;         ///< of a count, a size in bytes or a time in milliseconds
  std::uint64_t max = 0;
  std::string_view expects = {};                     ///< what texts are allowed, for people
  bool (*accepts)(std::string_view text) = nullptr;  ///< whether a text, or list item, is allowed
};

/// Every setting there is, in the order of the documentation; those of one group together.
[[nodiscard]] std::span<const key> keys() noexcept;

/// The setting of that name, or null.
[[nodiscard]] const key* find_key(std::string_view name) noexcept;

/// The environment variable of a setting: "PAWL_STORAGE_DATA_DIR" for "storage.data_dir".
[[nodiscard]] std::string variable_of(std::string_view key_name);

/// The setting that an unknown name was probably meant to be: one that is spelt nearly so, or one
/// of another group that has the same last part.
[[nodiscard]] std::optional<std::string_view> suggest_key(std::string_view name);

}  // namespace pawl::config
