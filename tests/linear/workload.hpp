#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "tests/linear/operation.hpp"

namespace pawl::linear {

/// One call of the test and its run.
struct task {
  std::string run;
  operation what;
};

/// Returns the call with this number. It depends only on the seed, not on the client or the life of
/// the process. Calls come in blocks of `clients`. Most calls of a block go to the same run; in
/// some blocks all clients make the same call with the same expectation. After about
/// `calls_per_run` calls each, new runs replace the current ones.
[[nodiscard]] task choose(std::uint64_t seed, std::uint64_t number);

/// A generator that depends only on seed, purpose and number.
[[nodiscard]] std::mt19937_64 seeded(std::uint64_t seed, std::uint64_t purpose,
                                     std::uint64_t number);

/// The name of run `number`, which counts from 0.
[[nodiscard]] std::string run_name(std::uint64_t number);

inline constexpr std::uint64_t clients = 6;
inline constexpr std::uint64_t runs_at_once = 3;
inline constexpr std::uint64_t calls_per_run = 50;

/// The number of runs that calls before this one have used.
[[nodiscard]] constexpr std::uint64_t runs_before(std::uint64_t number) {
  return (number / (runs_at_once * calls_per_run) + 1) * runs_at_once;
}

}  // namespace pawl::linear
