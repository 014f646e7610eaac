#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "flow/nodes/node.hpp"

namespace pawl::flow {

/// A duration in the settings of a node: as it is written, or computed by a rule. Immutable.
class chosen_duration {
 public:
  chosen_duration() = default;
  /// Reads the duration under `key`.
  chosen_duration(const data_reader& data, std::string_view key);

  [[nodiscard]] bool is_computed() const noexcept { return rule_.has_value(); }
  /// The duration if it is written; 0 if it is computed, or if there is none.
  [[nodiscard]] std::chrono::milliseconds written() const noexcept { return written_; }

  /// The duration for a visit; 0 if none is written. Errors: those of the rule;
  /// `invalid_argument` if it returns no duration, or one of 0.
  [[nodiscard]] result<std::chrono::milliseconds> choose(const run_state& run, const token& t,
                                                         const std::string& node) const;

 private:
  std::string key_;
  std::chrono::milliseconds written_{0};
  std::optional<logic::rule> rule_;
};

}  // namespace pawl::flow
