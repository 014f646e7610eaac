#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/http/problem.hpp"
#include "server/http/request_reader.hpp"

/// What a request's head must keep to besides the grammar, which the parser knows.
namespace pawl::server::http {

/// Checks the bytes of a head, up to the empty line: no folded lines, no control characters.
[[nodiscard]] std::optional<refusal> check_head_bytes(std::string_view head);

/// Divides a request target into path and query. "*" is left as it is, of an absolute URL the
/// part from the path on is taken.
[[nodiscard]] std::optional<refusal> split_target(std::string_view target, request& to);

/// Checks the fields that say where the request ends and for whom it is, and the coding of the
/// body; fills in what they mean for the connection.
[[nodiscard]] std::optional<refusal> check_fields(incoming& of);

}  // namespace pawl::server::http
