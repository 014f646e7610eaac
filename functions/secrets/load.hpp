#pragma once

#include <compare>
#include <string>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/settings.hpp>

#include "functions/secrets/secret_store.hpp"

namespace pawl::functions {

/// Reads the secrets of all sources that the settings name. Waits for the program of
/// `secrets.command`. No message has a secret. Errors: `not_found` and `io_failed` (the file);
/// `invalid_argument`, if the file is not private, a source is not as docs/configuration.md
/// describes it, two sources have the same secret, a variable is not set or the program fails.
[[nodiscard]] result<secrets_by_scope> load_secrets(const secret_settings& from);

/// A secret without its value.
struct listed_secret {
  std::string scope;
  std::string name;
  std::string setting;  ///< the setting of its source

  friend auto operator<=>(const listed_secret&, const listed_secret&) = default;
};
/// Reads and checks the same, and returns the secrets ordered by scope and name. Errors: as
/// `load_secrets`.
[[nodiscard]] result<std::vector<listed_secret>> list_secrets(const secret_settings& from);

}  // namespace pawl::functions
