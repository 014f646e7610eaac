#pragma once

#include <cstdint>
#include <string>

#include "tests/linear/operation.hpp"

namespace pawl::linear {

/// What one call of the test does, and to which run.
struct task {
  std::string run;
  operation what;
};

/// The call of this number, which the seed decides alone: whichever client makes it, in whichever
/// life of the process. Calls come in blocks of `clients`, most of which go to one run; in some
/// every client asks for the same, with the same expectation. Each run gets about
/// `calls_per_run` calls, then others take the place of it and its neighbours.
[[nodiscard]] task choose(std::uint64_t seed, std::uint64_t number);

/// The name of the run of this number, from 0.
[[nodiscard]] std::string run_name(std::uint64_t number);

inline constexpr std::uint64_t clients = 6;
inline constexpr std::uint64_t runs_at_once = 3;
inline constexpr std::uint64_t calls_per_run = 50;

/// How many runs the calls before this one have gone to.
[[nodiscard]] constexpr std::uint64_t runs_before(std::uint64_t number) {
  return (number / (runs_at_once * calls_per_run) + 1) * runs_at_once;
}

}  // namespace pawl::linear
