#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace pawl::flow {

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

/// Returns the line and column of a byte of a text.
[[nodiscard]] text_location location_of(std::string_view text, std::size_t byte);

/// The places of the first two members with the name `key` in the object at `pointer`: of their
/// keys. The text may be invalid after the second one. A place that does not exist is that of the
/// object.
[[nodiscard]] std::pair<text_location, text_location> locate_twice(std::string_view text,
                                                                   std::string_view pointer,
                                                                   std::string_view key);

}  // namespace pawl::flow
