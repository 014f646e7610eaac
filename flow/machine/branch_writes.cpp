#include "flow/machine/branch_writes.hpp"

#include <utility>

#include "flow/values/json_size.hpp"

namespace pawl::flow {

branch_writes::branch_writes(json object)
    : keys_(object.empty() ? shared_json{} : shared_json{std::move(object)}),
      bytes_(keys_->empty() ? 0 : json_size(*keys_)) {}

void branch_writes::set(const std::string& key, json value) {
  if (keys_->empty()) bytes_ = json_container_size;
  set_member(keys_.edit(), bytes_, key, std::move(value));
}

}  // namespace pawl::flow
