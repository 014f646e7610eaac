#pragma once

#include <string>
#include <string_view>

/// Names of the previous engine, which were any text of up to 255 characters, as names of Pawl.
namespace pawl::cli {

/// A name that Pawl allows stays as it is. Any other becomes `text.` and its UTF-8 with `-2f` for
/// each byte that is not a letter, a digit or `_`, so that different names stay different: "a/b" is
/// `text.a-2fb`. A name too long for that is cut, and ends in `.` and 32 digits of its SHA-256.
[[nodiscard]] std::string run_name_of(std::string_view old);
[[nodiscard]] std::string flow_name_of(std::string_view old);

}  // namespace pawl::cli
