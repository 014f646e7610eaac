#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/settings.hpp>

namespace pawl::config {

/// The source of a setting's value.
struct origin {
  enum class kind : std::uint8_t { defaults, file, environment, flag, program };

  kind from = kind::defaults;
  std::string place = {};  ///< "pawl.toml:3", "PAWL_STORAGE_DATA_DIR", "--data-dir"; else empty

  friend bool operator==(const origin&, const origin&) = default;
};

/// "default", "pawl.toml:3", "PAWL_STORAGE_DATA_DIR", "--data-dir", "set by the program".
[[nodiscard]] std::string to_string(const origin& from);

/// A setting from the command line.
struct flag_value {
  std::string key;   ///< "storage.data_dir"
  std::string text;  ///< "/var/lib/pawl"
  std::string flag;  ///< "--data-dir", for messages
};

/// The name and value of an environment variable.
using variable = std::pair<std::string, std::string>;

/// The sources of settings, in addition to the defaults.
struct sources {
  /// The TOML file. Without one, the variable `PAWL_CONFIG` names the file, if it is set.
  std::optional<std::filesystem::path> file = {};
  /// Variables. Those whose names do not start with `PAWL_` are ignored.
  std::vector<variable> environment = {};
  /// A later flag overrides an earlier one.
  std::vector<flag_value> flags = {};
};

/// The `PAWL_*` variables of this process, sorted by name. No other thread may change the
/// environment meanwhile.
[[nodiscard]] std::vector<variable> process_environment();

/// Settings and the source of each.
struct effective_settings {
  settings values;
  std::vector<origin> origins;  ///< one per setting, in the order of `keys()`

  /// The source of the setting with this name, which must exist.
  [[nodiscard]] const origin& origin_of(std::string_view name) const;
  [[nodiscard]] origin& origin_of(std::string_view name);
};

/// Merges the sources. Each overrides those before it: defaults, file, environment, flags. Every
/// value is checked, even if another source overrides it.
///
/// Errors: `not_found` and `io_failed` for the file; `invalid_argument` for all invalid settings of
/// all sources together. The message lists them; `diagnostics` has one entry for each.
[[nodiscard]] result<effective_settings> load(const sources& from);

/// Checks settings that a program made, as `load` does.
[[nodiscard]] result<void> check(const settings& values);

}  // namespace pawl::config
