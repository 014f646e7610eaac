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

/// A value that a TOML file has and no source else: "true", "a table", "a date".
struct other_value {
  std::string what;
};

/// A value as its source has it, not yet read. Environment and flags give texts, in which commas
/// divide a list; a TOML file gives also numbers and lists.
using raw_value = std::variant<std::string, std::int64_t, std::vector<std::string>, other_value>;

/// Puts `given` into the place of `k`. Returns nothing if it was right, else why it is wrong, as
/// the rest of a sentence that begins with the key: "must be one of …". A wrong value leaves
/// `whole` as it was.
[[nodiscard]] std::optional<std::string> assign(const key& k, settings& whole,
                                                const raw_value& given);

/// Whether the value that `whole` has is allowed; returns as `assign`.
[[nodiscard]] std::optional<std::string> complaint(const key& k, const settings& whole);

/// What is allowed for `k`, as a noun: "one of sync, async, off", "a whole number from 1 to 9".
[[nodiscard]] std::string allowed(const key& k);

/// The value as text that `assign` reads again: "8MiB", "30s", "sync", "tar,gzip".
[[nodiscard]] std::string to_text(const key& k, const settings& whole);
/// The value in TOML's spelling: `8`, `"30s"`, `["tar", "gzip"]`.
[[nodiscard]] std::string to_toml(const key& k, const settings& whole);
/// The value for programs: sizes in bytes and times in milliseconds as numbers.
[[nodiscard]] json to_json(const key& k, const settings& whole);

/// `text` as a value of TOML, in quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);
/// How a message shows a value that was given: in quotes, and cut if it is long.
[[nodiscard]] std::string shown(const raw_value& given);

}  // namespace pawl::config
