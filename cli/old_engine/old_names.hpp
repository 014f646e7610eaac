#pragma once

#include <string>
#include <string_view>

/// Names of the previous engine, which were any text of up to 255 characters, as names of Pawl,
/// which have up to 255 bytes and no control characters.
namespace pawl::cli {

/// A name that Pawl allows stays as it is, unless it begins with `text.`. Any other becomes `text.`
/// and its UTF-8 with `-0a` for each byte that is not a letter, a digit or `_`, so that different
/// names stay different: ".." is `text.-2e-2e`. If that is longer than 128 bytes, it is cut, and
/// ends in `.` and 32 digits of the SHA-256 of the name.
[[nodiscard]] std::string run_name_of(std::string_view old);
[[nodiscard]] std::string flow_name_of(std::string_view old);

}  // namespace pawl::cli
