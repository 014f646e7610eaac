#pragma once

#include <string_view>

namespace pawl::server {

/// docs/openapi.yaml as JSON, and as a page to read. Made when the program is built.
[[nodiscard]] std::string_view openapi_json() noexcept;
[[nodiscard]] std::string_view openapi_page() noexcept;

}  // namespace pawl::server
