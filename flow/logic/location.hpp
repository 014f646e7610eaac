#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::flow::logic {

/// Position of a compiler in a source. The JSON pointer is built only for a diagnostic.
struct location {
  const location* parent = nullptr;
  const std::string* key = nullptr;  ///< null for an index
  std::size_t index = 0;
};

/// Returns the JSON pointer of a position; `root` is that of the source.
[[nodiscard]] std::string pointer_to(std::string_view root, const location* at);

}  // namespace pawl::flow::logic
