#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/http/problem.hpp"
#include "server/http/request_reader.hpp"

/// Checks of a request head beyond the grammar that the parser enforces.
namespace pawl::server::http {

/// Checks the bytes of a head up to the empty line: no folded lines, no control characters.
[[nodiscard]] std::optional<problem> check_head_bytes(std::string_view head);

/// Splits a request target into path and query. Keeps "*"; drops scheme and host of an absolute
/// URL.
[[nodiscard]] std::optional<problem> split_target(std::string_view target, request& to);

/// Checks the fields that frame the request (Host, length, codings, Expect) and sets the transport
/// properties that follow from them.
[[nodiscard]] std::optional<problem> check_fields(incoming& of);

}  // namespace pawl::server::http
