#include "flow/values/blob_references.hpp"

#include <pawl/blobs.hpp>

namespace pawl::flow {

void add_blob_references(const json& in, std::vector<blob_reference>& to) {
  if (!in.is_structured()) return;
  if (auto hash = blob_in(in)) {
    const auto size = in.find("size");
    const bool has_size = size != in.end() && size->is_number_unsigned();
    to.push_back(
        {*std::move(hash), has_size ? std::optional{size->get<std::uint64_t>()} : std::nullopt});
  }
  for (const auto& each : in) add_blob_references(each, to);
}

}  // namespace pawl::flow
