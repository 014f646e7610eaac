#include "functions/value_check.hpp"

#include <string>

#include "flow/values/value_check.hpp"

namespace pawl::functions {

result<void> check_value(const json& value, const value_limits& limits) {
  const auto problem = flow::find_problem(value, {limits.max_bytes, limits.max_depth});
  if (!problem) return {};
  const auto place =
      problem->pointer.empty() ? std::string{"the result"} : "the result at " + problem->pointer;
  return fail("invalid_result", place + " " + problem->text);
}

}  // namespace pawl::functions
