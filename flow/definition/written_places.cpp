#include "flow/definition/written_places.hpp"

#include <utility>

namespace pawl::flow {

void written_places::add(std::string pointer, std::string written, inside rest) {
  places_.insert_or_assign(std::move(pointer), place{std::move(written), rest});
}

std::string written_places::of(std::string_view pointer) const {
  std::string_view known = pointer;
  while (!known.empty()) {
    if (const auto found = places_.find(known); found != places_.end()) {
      const auto& [written, rest] = found->second;
      return rest == inside::nowhere ? written
                                     : written + std::string{pointer.substr(known.size())};
    }
    known = known.substr(0, known.rfind('/'));
  }
  return std::string{pointer};
}

void written_places::apply(std::vector<diagnostic>& diagnostics, std::size_t first) const {
  for (std::size_t i = first; i < diagnostics.size(); ++i)
    diagnostics[i].pointer = of(diagnostics[i].pointer);
}

}  // namespace pawl::flow
