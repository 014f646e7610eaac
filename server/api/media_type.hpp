#pragma once

#include <string_view>

namespace pawl::server {

/// Whether a Content-Type is JSON in UTF-8: "application/json; charset=utf-8".
[[nodiscard]] bool is_json(std::string_view content_type);

/// Whether an Accept (RFC 9110, 12.5.1) lets an answer of this type pass: it names the type, its
/// range or "*/*", and the most precise of these has no quality of 0. JSON passes for
/// "application/problem+json" as well: who takes problems takes answers.
[[nodiscard]] bool accepts(std::string_view accept, std::string_view type);

}  // namespace pawl::server
