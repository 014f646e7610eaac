#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/linear/history.hpp"

/// Families: a parent run whose flow has two subflows, one after the other, and the child runs that
/// it starts. Each child has a step that succeeds and then one that fails several times, so that
/// parent and child fail and clients retry both, often at the same time.
namespace pawl::linear {

/// One call of a client.
struct family_task {
  std::string parent;
  bool of_child = false;  ///< of the parent's newest child run, if it has one
  operation what;
};

/// Returns the call with this number. It depends only on the seed. As in `choose`, calls come in
/// blocks of `clients`; in some blocks all clients retry, half of them the parent.
[[nodiscard]] family_task choose_family(std::uint64_t seed, std::uint64_t number);

/// The name of the parent run of family `number`, which counts from 0.
[[nodiscard]] std::string family_name(std::uint64_t number);

/// The number of families that calls before this one have used.
[[nodiscard]] std::uint64_t families_before(std::uint64_t number);

/// Compares the calls of functions with the histories of all families. Returns one line per
/// contradiction. Checks that
/// - all parents complete;
/// - each visit of a subflow has started exactly one child run, and there are no others;
/// - all calls of a step have the same idempotency key, whichever run makes them, and none comes
///   after a call of a later step: steps that have finished are never called again;
/// - retries agree with the histories, as in `audit_commands`.
[[nodiscard]] std::vector<std::string> audit_families(const history& recorded);

}  // namespace pawl::linear
