#pragma once

#include <string>
#include <string_view>

namespace pawl::flow {

/// The JSON pointer (RFC 6901) of a member: `key` with ~ and / escaped, behind `parent`.
[[nodiscard]] inline std::string child_pointer(std::string parent, std::string_view key) {
  parent += '/';
  for (const char c : key) {
    if (c == '~') {
      parent += "~0";
    } else if (c == '/') {
      parent += "~1";
    } else {
      parent += c;
    }
  }
  return parent;
}

}  // namespace pawl::flow
