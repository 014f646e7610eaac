#pragma once

#include <cstddef>
#include <string>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

namespace pawl::cli {

/// Reads a file, or standard input for "-". Errors: `not_found`; `io_failed`, for a folder too;
/// `limit_exceeded` for more than `max_bytes`.
[[nodiscard]] result<std::string> read_text(const std::string& file, std::size_t max_bytes);

/// Reads a JSON argument: the text itself, `@FILE`, or `-` for standard input. `what` names it in
/// messages. Errors: as `read_text`; `limit_exceeded`; `invalid_flow` with line and column for
/// malformed JSON, so that the exit code is that of invalid input.
[[nodiscard]] result<json> read_json_argument(const std::string& argument, const std::string& what,
                                              std::size_t max_bytes);

}  // namespace pawl::cli
