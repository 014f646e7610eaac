#pragma once

#include <string_view>

namespace pawl::server {

/// Whether a Content-Type is JSON in UTF-8, such as "application/json; charset=utf-8".
[[nodiscard]] bool is_json(std::string_view content_type);

/// The same for YAML: "application/yaml" (RFC 9512).
[[nodiscard]] bool is_yaml(std::string_view content_type);

/// Whether browsers run what has this type as a script: each name of JavaScript.
[[nodiscard]] bool is_script(std::string_view content_type);

/// Whether an Accept field (RFC 9110, 12.5.1) accepts an answer of this type, whatever
/// its parameters. The most specific match (type, range, "*/*") decides; a quality of 0 excludes
/// it. "application/problem+json" also accepts "application/json".
[[nodiscard]] bool accepts(std::string_view accept, std::string_view type);

}  // namespace pawl::server
