#include "flow/schema/program.hpp"

namespace pawl::flow::schema {

std::string program::pointer_to(location_index at) const {
  std::string pointer = locations[at].path;
  while (locations[at].parent != at) {
    at = locations[at].parent;
    pointer.insert(0, locations[at].path);
  }
  return pointer;
}

void keyword::add_in_place(std::vector<subschema_index>&) const {}

std::string keyword::pointer(const program& in) const {
  return in.pointer_to(at_) + path_;
}

}  // namespace pawl::flow::schema
