#pragma once

#include <string>
#include <vector>

/// Names of flows and ids of runs that are allowed, and what could be taken apart, lost or shown
/// wrongly by those who pass them on.
namespace pawl::testing {

/// 252 bytes of characters of four bytes, and three more.
[[nodiscard]] inline std::string longest_name() {
  std::string name;
  for (int i = 0; i < 63; ++i) name += "\xf0\x9f\x98\x80";
  return name + "end";
}

[[nodiscard]] inline std::vector<std::string> hostile_names() {
  return {"a/b",
          "a",
          "/",
          "a/../b",
          "../../etc/passwd",
          "%2F",
          "a%2Fb",
          "%",
          "a?b#c",
          " ",
          " a ",
          "a+b&c=d;e",
          "\"quoted\" 'name' \\",
          "<script>alert(1)</script>",
          "$(id)`id`",
          "-rf",
          "a@1.0.0",
          "a~1.2.3",
          "...",
          "入库 流程",
          "é",                                             // one character
          "e\xcc\x81",                                     // the same to a reader, but other bytes
          "\xd7\x90\xd7\x91\xe2\x80\xae gnp.exe",          // right to left
          "\xe2\x80\xa8",                                  // end of a line
          "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80",  // an emoji of three characters
          longest_name()};
}

}  // namespace pawl::testing
