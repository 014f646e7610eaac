#pragma once

#include <cstddef>
#include <string_view>

namespace pawl::cli {

/// A position in a text: line and column in bytes, both from 1.
struct text_location {
  std::size_t line = 1;
  std::size_t column = 1;

  friend bool operator==(const text_location&, const text_location&) = default;
};

/// Finds where the value at a JSON pointer (RFC 6901) begins in `text`, which must be valid JSON.
/// If the value does not exist, returns the start of its innermost existing container. For a
/// duplicate key the last one counts, as in the parser. Makes one pass over the text per segment of
/// the pointer.
[[nodiscard]] text_location locate(std::string_view text, std::string_view pointer);

}  // namespace pawl::cli
