#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/linear/history.hpp"
#include "tests/linear/model.hpp"

/// Is there an order of the calls of one run, in which each takes effect at one moment between the
/// call and its answer, that explains every answer?
///
/// The search is that of J. M. Wing and C. Gong, "Testing and Verifying Concurrent Objects"
/// (Journal of Parallel and Distributed Computing 17, 1993), with the memory of G. Lowe, "Testing
/// for Linearizability" (Concurrency and Computation: Practice and Experience 29(4), 2017): no pair
/// of a set of ordered calls and a state is looked at twice. Two things are added. What the run
/// does by itself is a move that may come between any two calls. A call without an answer may be
/// left out; if it is not, it takes effect before its process was dead.
namespace pawl::linear {

enum class judgement { linearizable, not_linearizable, undecided };

/// `undecided` if more than so many pairs had to be looked at.
inline constexpr std::size_t default_limit = 500'000;

[[nodiscard]] judgement judge(const std::vector<call>& calls, std::size_t limit = default_limit);

/// Why calls are not linearizable, made small: the shortest beginning that is not, without the
/// calls that changed nothing and are not needed for it.
struct refutation {
  std::vector<call> calls;
  call last;                         ///< the answer that no order explains
  std::vector<std::string> instead;  ///< some of what the run may have been then
};

/// `calls` must not be linearizable.
[[nodiscard]] refutation refute(const std::vector<call>& calls);

[[nodiscard]] std::string to_text(const refutation& why);

}  // namespace pawl::linear
