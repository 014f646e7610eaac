#include "functions/value_check.hpp"

#include <string>

#include "flow/values/value_check.hpp"

namespace pawl::functions {

result<void> check_value(const json& value, const value_limits& limits) {
  const auto diagnostic = flow::find_fault(value, {limits.max_bytes, limits.max_depth});
  if (!diagnostic) return {};
  const auto place = diagnostic->pointer.empty() ? std::string{"the result"}
                                                 : "the result at " + diagnostic->pointer;
  return fail("invalid_result", place + " " + diagnostic->text);
}

}  // namespace pawl::functions
