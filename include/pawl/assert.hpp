#pragma once

namespace pawl::detail {

/// Prints the violated invariant and its place to standard error and aborts.
[[noreturn]] void assertion_failed(const char* expression, const char* message, const char* file,
                                   int line) noexcept;

}  // namespace pawl::detail

/// Asserts an invariant. Checked in every build: continuing after a violation could make wrong
/// state durable. Conditions that a user or the environment can cause are not assertions but
/// `pawl::error` values.
#define PAWL_ASSERT(expression, message) \
  ((expression) ? static_cast<void>(0)   \
                : ::pawl::detail::assertion_failed(#expression, message, __FILE__, __LINE__))
