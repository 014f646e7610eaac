#pragma once

#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl::cli {

/// Replaces the content of an existing file: either all of it or nothing is written, and the file
/// keeps its permissions. A link stays one. Errors: `not_found`; `io_failed`.
[[nodiscard]] result<void> replace_file(const std::string& file, std::string_view content);

}  // namespace pawl::cli
