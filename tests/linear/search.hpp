#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/linear/history.hpp"
#include "tests/linear/model.hpp"

/// Checks linearizability: is there an order of the calls of one run, in which each takes effect at
/// one point between the call and its answer, that explains every answer?
///
/// The search is that of J. M. Wing and C. Gong, "Testing and Verifying Concurrent Objects"
/// (Journal of Parallel and Distributed Computing 17, 1993), with the memory of G. Lowe, "Testing
/// for Linearizability" (Concurrency and Computation: Practice and Experience 29(4), 2017): no pair
/// of a set of ordered calls and a state is visited twice. There are two additions: the run may
/// take a step without a command between any two calls; and a call without an answer may be left
/// out, or takes effect before its process died.
namespace pawl::linear {

enum class search_result { linearizable, not_linearizable, undecided };

/// The result is `undecided` if the search visits more pairs than the limit.
inline constexpr std::size_t default_limit = 500'000;

[[nodiscard]] search_result check_linearizable(const std::vector<call>& calls,
                                               std::size_t limit = default_limit);

/// A minimal counterexample: the shortest prefix that is not linearizable, without calls that
/// changed nothing and are not needed.
struct refutation {
  std::vector<call> calls;
  call last;                         ///< the call whose answer no order explains
  std::vector<std::string> instead;  ///< some states that the run could have had instead
};

/// `calls` must not be linearizable.
[[nodiscard]] refutation refute(const std::vector<call>& calls);

[[nodiscard]] std::string to_text(const refutation& why);

}  // namespace pawl::linear
