#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "flow/logic/logic.hpp"
#include "flow/logic/value_template.hpp"

namespace pawl::flow::logic {

/// A call of an operator in an evaluation.
struct traced_call {
  std::size_t depth = 0;  ///< 0 for the rule itself
  std::string call;       ///< as JSON, at most about `inspection::max_text` bytes
  std::string value;      ///< the same of its value; empty if it failed
};

/// An evaluation, and what it did.
struct inspection {
  static constexpr std::size_t max_calls = 10'000;
  static constexpr std::size_t max_text = 1'000;

  result<json> value = json(nullptr);
  std::uint64_t steps = 0;  ///< of the budget, that the evaluation used
  std::uint64_t bytes = 0;
  std::vector<traced_call> calls = {};  ///< in the order in which they began; the first `max_calls`
  bool is_cut = false;                  ///< there were more calls
};

/// Evaluates a rule or a template as `evaluate` does. Records its calls if `with_calls` is set;
/// this uses no budget.
[[nodiscard]] inspection inspect(const rule& of, const variables& data, bool with_calls,
                                 const limits& limits = {});
[[nodiscard]] inspection inspect(const value_template& of, const variables& data, bool with_calls,
                                 const limits& limits = {});

}  // namespace pawl::flow::logic
