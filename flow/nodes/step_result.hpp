#pragma once

#include <optional>
#include <string>

#include "flow/nodes/node.hpp"

namespace pawl::flow {

/// What a step keeps of its result: `keep` names a part, `result` computes it, `into` is the key of
/// the data that receives it. Immutable.
class step_result {
 public:
  /// `into`: the key of a whole result, or of a part of it, if the data has no `into`; "" and for a
  /// value that `result` computes: the members of an object are stored under their own keys,
  /// another value under "result".
  explicit step_result(const data_reader& data, std::string into = {});

  /// Returns what is kept of a result: the value of the rule, or all of it. Error: the rule failed,
  /// with the type "invalid_result". `signal`: the variable of this name that the rule can read, if
  /// not null.
  [[nodiscard]] result<json> compute(transition_builder& run, const token& t, json raw,
                                     const json* signal = nullptr) const;
  /// Stores what is kept in the run's data.
  void store(transition_builder& run, token& t, const json& kept) const;
  /// Computes and stores what is kept. Returns false if that failed; then it has failed the step.
  [[nodiscard]] bool keep(transition_builder& run, token& t, json raw,
                          const json* signal = nullptr) const;
  /// Whether a part or a value of the result is kept, instead of all of it.
  [[nodiscard]] bool has_rule() const noexcept { return rule_.has_value() || !keep_.empty(); }

 private:
  std::string keep_;  ///< the member of the result that is kept; "": all
  std::optional<logic::value_template> rule_;
  std::optional<std::string> into_;  ///< none: nothing is kept
};

}  // namespace pawl::flow
