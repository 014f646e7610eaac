#pragma once

#include <string>
#include <string_view>

namespace pawl::flow {

/// Returns the JSON pointer (RFC 6901) of the member `key` of `parent`, with ~ and / escaped.
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
