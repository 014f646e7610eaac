#pragma once

#include <cstddef>
#include <string>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

namespace pawl::cli {

/// The whole of a file, or of standard input for "-". Errors: `not_found`; `io_failed` (a folder,
/// no permission, …); `limit_exceeded` for more than `max_bytes`.
[[nodiscard]] result<std::string> read_text(const std::string& file, std::size_t max_bytes);

/// JSON that was given as an argument: the text itself, `@FILE`, or `-` for standard input.
/// `what` names it in messages. Errors: as `read_text`; `limit_exceeded`; what is no JSON is
/// `invalid_flow`, as input that is malformed rather than a command that is wrong, and says the
/// line and the column.
[[nodiscard]] result<json> read_json_argument(const std::string& given, const std::string& what,
                                              std::size_t max_bytes);

}  // namespace pawl::cli
