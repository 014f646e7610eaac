#include "flow/values/blob_references.hpp"

#include <pawl/blobs.hpp>

namespace pawl::flow {

void add_blob_references(const json& in, std::vector<blob_reference>& to) {
  // Values come here before their depth is checked: no recursion.
  std::vector<const json*> left{&in};
  while (!left.empty()) {
    const json& value = *left.back();
    left.pop_back();
    if (auto hash = blob_in(value)) {
      const auto size = value.find("size");
      const bool has_size = size != value.end() && size->is_number_integer() && *size >= 0;
      to.push_back(
          {*std::move(hash), has_size ? std::optional{size->get<std::uint64_t>()} : std::nullopt});
    }
    if (!value.is_structured()) continue;
    for (const auto& each : value) {
      if (each.is_structured()) left.push_back(&each);
    }
  }
}

}  // namespace pawl::flow
