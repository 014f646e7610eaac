#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/settings.hpp>

#include "config/keys.hpp"

namespace pawl::config {

/// A value that only a TOML file can have: "true", "a table", "a date or time".
struct other_value {
  std::string what;
};

/// A value before parsing. Environment variables and flags are strings, with commas between list
/// items; a TOML file also has numbers and lists.
using raw_value = std::variant<std::string, std::int64_t, std::vector<std::string>, other_value>;

/// Sets `k` in `whole` to `given`. Returns nothing on success. For an invalid value, returns what
/// is allowed ("must be one of …") and leaves `whole` unchanged.
[[nodiscard]] std::optional<std::string> assign(const key& k, settings& whole,
                                                const raw_value& given);

/// Checks the value of `k` in `whole`. Returns nothing if it is valid, else "invalid value …; must
/// be …".
[[nodiscard]] std::optional<std::string> check_value(const key& k, const settings& whole);

/// The allowed values of `k` as a noun phrase: "one of sync, async, off", "a whole number from 1 to
/// 9".
[[nodiscard]] std::string allowed(const key& k);

/// The value as a string that `assign` parses: "8MiB", "30s", "sync", "tar,gzip".
[[nodiscard]] std::string to_text(const key& k, const settings& whole);
/// The value in TOML: `8`, `"30s"`, `["tar", "gzip"]`.
[[nodiscard]] std::string to_toml(const key& k, const settings& whole);
/// The value in JSON. Sizes are numbers of bytes, times numbers of milliseconds.
[[nodiscard]] json to_json(const key& k, const settings& whole);

/// `text` as a TOML string, in quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);
/// `given` for messages. Strings are quoted; long values are cut.
[[nodiscard]] std::string shown(const raw_value& given);

}  // namespace pawl::config
