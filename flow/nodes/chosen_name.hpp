#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flow/nodes/node.hpp"

namespace pawl::flow {

/// A name in the settings of a node: as it is written, or computed and then one of the names in
/// the list `allow`, so that all possible names are known before a run begins. Immutable.
class chosen_name {
 public:
  /// Checks one name.
  using checker = std::function<result<void>(const std::string&)>;

  chosen_name() = default;
  explicit chosen_name(std::string written) : possible_{std::move(written)} {}
  /// Reads the name under `key`, and the names that it can be under `allow`. A problem of a name
  /// has the code `problem`.
  chosen_name(const data_reader& data, std::string_view key, const char* problem,
              const checker& check, std::string_view allow = "allow");

  /// The names that it can be, in the order of `allow`.
  [[nodiscard]] std::span<const std::string> possible() const noexcept { return possible_; }
  /// The name if it is written; "" if it is computed.
  [[nodiscard]] std::string_view literal() const noexcept {
    return rule_ || possible_.empty() ? std::string_view{} : possible_.front();
  }
  /// Whether it has been written.
  [[nodiscard]] bool is_set() const noexcept { return rule_ || !possible_.empty(); }
  [[nodiscard]] bool is_computed() const noexcept { return rule_.has_value(); }

  /// The name of a visit. Errors: those of the rule; `invalid_argument` with the type
  /// "name_not_allowed".
  [[nodiscard]] result<std::string> choose(const run_state& run, const token& t,
                                           const std::string& node) const;

 private:
  std::string key_;
  std::string allow_;
  std::vector<std::string> possible_;
  std::optional<logic::value_template> rule_;
};

}  // namespace pawl::flow
