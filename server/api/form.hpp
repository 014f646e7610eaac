#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>

namespace pawl::server {

/// A field of a form that a browser sends.
struct form_field {
  std::string name;
  std::optional<std::string> filename = {};  ///< of a file; may be empty: none was chosen
  std::string content_type = {};             ///< of a file; may be empty
  std::string content = {};
};

/// Reads a form: multipart/form-data (RFC 7578) or application/x-www-form-urlencoded. `most`:
/// maximum number of fields. Errors: `invalid_argument` for another media type and for what is not
/// well-formed; `limit_exceeded`. Pure.
[[nodiscard]] result<std::vector<form_field>> read_form(std::string_view content_type,
                                                        std::string_view body, std::size_t most);

}  // namespace pawl::server
