#include "flow/machine/start_values.hpp"

#include "flow/values/value_check.hpp"

namespace pawl::flow {

result<void> check_start_values(const json& input, const json& metadata) {
  if (auto good = check_value(input, "the input"); !good) return good;
  return check_value(metadata, "the metadata");
}

}  // namespace pawl::flow
