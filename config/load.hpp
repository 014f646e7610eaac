#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/settings.hpp>

namespace pawl::config {

/// Who gave a setting the value that it has.
struct origin {
  enum class kind : std::uint8_t { defaults, file, environment, flag, program };

  kind from = kind::defaults;
  std::string place = {};  ///< "pawl.toml:3", "PAWL_STORAGE_DATA_DIR", "--data-dir"; else empty

  friend bool operator==(const origin&, const origin&) = default;
};

/// "default", "pawl.toml:3", "PAWL_STORAGE_DATA_DIR", "--data-dir", "set by the program".
[[nodiscard]] std::string to_string(const origin& from);

/// A setting given on the command line.
struct flag_value {
  std::string key;   ///< "storage.data_dir"
  std::string text;  ///< "/var/lib/pawl"
  std::string flag;  ///< "--data-dir", for messages
};

/// An environment variable: its name and its value.
using variable = std::pair<std::string, std::string>;

/// Everything settings can come from, besides the defaults.
struct sources {
  /// A TOML file. Where there is none, the variable `PAWL_CONFIG` names it, if it is set.
  std::optional<std::filesystem::path> file = {};
  /// Variables; those whose names do not begin with `PAWL_` are passed over.
  std::vector<variable> environment = {};
  /// Later ones win.
  std::vector<flag_value> flags = {};
};

/// The `PAWL_*` variables of this process, sorted by name. Not safe while another thread changes
/// the environment.
[[nodiscard]] std::vector<variable> process_environment();

/// Settings, and where each has its value from.
struct effective_settings {
  settings values;
  std::vector<origin> origins;  ///< one for each of `keys()`, in their order
};

/// Puts the sources together, later ones over earlier ones: defaults, file, environment, flags.
/// Every value of every source is checked, also those that another source overrides.
///
/// Errors: `not_found`, `io_failed` for the file; `invalid_argument` for everything that is wrong
/// in any source, all at once: the message has a sentence for each, `diagnostics` has them singly.
[[nodiscard]] result<effective_settings> load(const sources& from);

/// Checks settings that were not loaded, as `load` does.
[[nodiscard]] result<void> check(const settings& values);

}  // namespace pawl::config
