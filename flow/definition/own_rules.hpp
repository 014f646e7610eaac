#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "flow/definition/definition.hpp"
#include "flow/definition/written_places.hpp"

/// The `definitions` of a flow: rules of its own, which are called like operators.
namespace pawl::flow {

/// Maximum number of definitions of a flow.
inline constexpr std::size_t max_own_rules = 1'000;
/// Maximum number of JSON values that all calls of a flow together stand for.
inline constexpr std::size_t max_inlined_values = 200'000;

/// A flow in which calls of its own rules are replaced by what they stand for:
/// `{"NAME": [X]}` by `{"let": [{"object": {"PARAMETER": X}}, RULE]}`.
struct inlined_flow {
  definition flow;

  /// Maps the places of diagnostics, from the index `first` on, to the flow as it was before, and
  /// suggests names for unknown operators.
  void restore_places(std::vector<diagnostic>& diagnostics, std::size_t first) const;

  std::vector<std::string> names;  ///< of the definitions
  written_places places;
  std::set<std::string, std::less<>> bodies;  ///< the pointers of inlined rules

 private:
  void suggest_names(std::vector<diagnostic>& diagnostics, std::size_t first) const;
};

/// Inlines the definitions of a flow. Appends a diagnostic for each definition that is invalid,
/// recursive or unused, and for each call with a wrong number of arguments. Call it only for a flow
/// with `definitions`.
[[nodiscard]] inlined_flow inline_own_rules(const definition& flow,
                                            std::vector<diagnostic>& diagnostics);

}  // namespace pawl::flow
