#pragma once

namespace pawl::detail {

/// Prints what was violated and where to standard error, then aborts. Never returns.
[[noreturn]] void assertion_failed(const char* expression, const char* message, const char* file,
                                   int line) noexcept;

}  // namespace pawl::detail

/// States what the programmer holds to be always true. Checked in every build: going on with a
/// broken invariant could make wrong state durable. What a user or the outside world can cause is
/// not an assertion but a `pawl::error`.
#define PAWL_ASSERT(expression, message) \
  ((expression) ? static_cast<void>(0)   \
                : ::pawl::detail::assertion_failed(#expression, message, __FILE__, __LINE__))
