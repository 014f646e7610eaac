#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/ids.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "flow/logic/secret_place.hpp"

namespace pawl::functions {

using secrets_by_name = std::map<std::string, std::string, std::less<>>;
using secrets_by_scope = std::map<std::string, secrets_by_name, std::less<>>;

/// A shorter secret would be masked in texts that do not have it.
inline constexpr std::size_t min_secret_bytes = 4;

/// What stands for a secret in results, errors and log lines.
inline constexpr std::string_view masked_secret = "***";

/// Maximum number of replaced secrets of a scope that are still masked.
inline constexpr std::size_t max_replaced_secrets = 1'000;

/// The secrets of an engine. They are put into the arguments of a call when it is made, and masked
/// in what comes back, so that none is stored: also those that were replaced meanwhile, and in the
/// forms in which Pawl itself writes a text (percent-encoded, JSON, without line breaks). Safe for
/// concurrent use.
class secret_store {
 public:
  /// Replaces all secrets. Each has at least `min_secret_bytes`.
  void replace(secrets_by_scope all);

  /// Puts secrets at their places in the arguments of a call. Error: `not_found` with the type
  /// "unknown_secret".
  [[nodiscard]] result<void> fill(json& args, const flow::logic::secret_places& places,
                                  const scope_name& scope) const;
  /// Checks that `fill` would succeed. Error: as `fill`.
  [[nodiscard]] result<void> check(const flow::logic::secret_places& places,
                                   const scope_name& scope) const;

  /// Masks each secret of a scope, wherever it stands in the texts and names of a value.
  void mask(const scope_name& scope, json& value) const;
  void mask(const scope_name& scope, std::string& text) const;
  /// The same in the texts of an error.
  void mask(const scope_name& scope, error& why) const;

 private:
  struct scope_secrets {
    secrets_by_name by_name;
    std::vector<std::string> known;          ///< these and replaced ones, the newest first
    std::vector<std::string> longest_first;  ///< all forms of the known ones
  };
  using table = std::map<std::string, scope_secrets, std::less<>>;

  [[nodiscard]] std::shared_ptr<const table> current() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const table> all_ = std::make_shared<const table>();
};

}  // namespace pawl::functions
