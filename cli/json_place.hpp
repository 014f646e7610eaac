#pragma once

#include <cstddef>
#include <string_view>

namespace pawl::cli {

/// A place in a text: line and column, from 1, in bytes.
struct text_place {
  std::size_t line = 1;
  std::size_t column = 1;

  friend bool operator==(const text_place&, const text_place&) = default;
};

/// Where the value that a JSON pointer (RFC 6901) names begins in `text`, which is valid JSON. If
/// there is none, where the innermost value around it begins. Of a key that is given twice the
/// last counts, as it does for the parser. Costs one pass over the text for each part of the
/// pointer.
[[nodiscard]] text_place node_of(std::string_view text, std::string_view pointer);

}  // namespace pawl::cli
