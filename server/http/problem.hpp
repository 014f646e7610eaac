#pragma once

#include <string>
#include <string_view>

#include "server/http/message.hpp"

namespace pawl::server::http {

/// Why the transport itself refuses a request.
struct refusal {
  unsigned status = 400;
  std::string_view code = "invalid_argument";  ///< stable, as in the API's list of codes
  std::string detail = {};                     ///< for people; nothing of the request unescaped
};

/// The words that belong to a status: "Not Found". "Status" for one that nobody uses here.
[[nodiscard]] std::string_view reason_of(unsigned status) noexcept;

/// The answer to a refused request, as `application/problem+json` (RFC 9457).
[[nodiscard]] response to_problem(const refusal& why, std::string_view request_id);

}  // namespace pawl::server::http
