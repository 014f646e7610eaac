#pragma once

#include <string>
#include <string_view>

namespace pawl::testing {

[[nodiscard]] inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

}  // namespace pawl::testing
