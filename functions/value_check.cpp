#include "functions/value_check.hpp"

#include <string>

#include "flow/value_check.hpp"

namespace pawl::functions {

result<void> check_value(const json& value, const value_limits& limits) {
  const auto fault = flow::find_fault(value, {limits.max_bytes, limits.max_depth});
  if (!fault) return {};
  const auto place =
      fault->pointer.empty() ? std::string{"the result"} : "the result at " + fault->pointer;
  return fail("invalid_result", place + " " + fault->text);
}

}  // namespace pawl::functions
