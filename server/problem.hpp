#pragma once

#include "server/http/problem.hpp"

namespace pawl::server {

using http::kind_of;
using http::problem;
using http::problem_code;
using http::problem_kind;
using http::problem_kinds;
using http::to_response;

/// The problem that an error of the engine is answered with.
[[nodiscard]] problem problem_of(const error& failure);
/// The same for a start. `keyed`: it has an idempotency key, and what exists was started with this
/// key and another request.
[[nodiscard]] problem problem_of_start(const error& failure, bool keyed);

}  // namespace pawl::server
