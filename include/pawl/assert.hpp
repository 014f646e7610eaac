#pragma once

#include <stdexcept>

namespace pawl::detail {

/// Prints the violated invariant and its place to standard error and aborts.
[[noreturn]] void assertion_failed(const char* expression, const char* message, const char* file,
                                   int line) noexcept;

/// An invariant of one run does not hold: a defect of Pawl.
class broken_invariant : public std::logic_error {
  using std::logic_error::logic_error;
};

/// Throws `broken_invariant`, which says what is violated and where.
[[noreturn]] void invariant_broken(const char* expression, const char* message, const char* file,
                                   int line);

}  // namespace pawl::detail

/// Asserts an invariant of the process. Checked in every build: continuing after a violation could
/// make wrong state durable. Conditions that a user or the environment can cause are not assertions
/// but `pawl::error` values.
#define PAWL_ASSERT(expression, message) \
  ((expression) ? static_cast<void>(0)   \
                : ::pawl::detail::assertion_failed(#expression, message, __FILE__, __LINE__))

/// Asserts an invariant of one run. Checked in every build. A violation throws, which ends the
/// actor of the run: the run resumes from its last checkpoint, and after `engine.restart_limit`
/// crashes in a row it is quarantined. Other runs are not affected.
#define PAWL_ASSERT_RUN(expression, message) \
  ((expression) ? static_cast<void>(0)       \
                : ::pawl::detail::invariant_broken(#expression, message, __FILE__, __LINE__))
