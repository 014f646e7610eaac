#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "flow/logic/expression.hpp"

namespace pawl::flow::logic {

/// How the compiler reads the arguments of an operator.
enum class shape : std::uint8_t {
  plain,      ///< all read the same data
  iteration,  ///< the second reads each item of the first as its data
  lookup,     ///< the first is a path
  paths,      ///< each is a path, or an array of paths
  options,    ///< the second is an array of paths
};

struct operator_entry {
  std::string_view name;
  operation apply;
  shape arguments;
};

/// All operators, sorted by name.
[[nodiscard]] std::span<const operator_entry> operator_table() noexcept;

/// One function per operator; see `operation`. Results match json-logic-js, the reference
/// implementation, including its coercions.
namespace op {

value array_literal(evaluation& run, const expression& call, const value& data);

value var(evaluation& run, const expression& call, const value& data);
value val(evaluation& run, const expression& call, const value& data);
value missing(evaluation& run, const expression& call, const value& data);
value missing_some(evaluation& run, const expression& call, const value& data);

value choose(evaluation& run, const expression& call, const value& data);
value all_of(evaluation& run, const expression& call, const value& data);
value any_of(evaluation& run, const expression& call, const value& data);
value negation(evaluation& run, const expression& call, const value& data);
value truth(evaluation& run, const expression& call, const value& data);
value log(evaluation& run, const expression& call, const value& data);
value omit(evaluation& run, const expression& call, const value& data);

value equal(evaluation& run, const expression& call, const value& data);
value unequal(evaluation& run, const expression& call, const value& data);
value identical(evaluation& run, const expression& call, const value& data);
value not_identical(evaluation& run, const expression& call, const value& data);
value less(evaluation& run, const expression& call, const value& data);
value less_or_equal(evaluation& run, const expression& call, const value& data);
value greater(evaluation& run, const expression& call, const value& data);
value greater_or_equal(evaluation& run, const expression& call, const value& data);

value plus(evaluation& run, const expression& call, const value& data);
value minus(evaluation& run, const expression& call, const value& data);
value times(evaluation& run, const expression& call, const value& data);
value divided(evaluation& run, const expression& call, const value& data);
value modulo(evaluation& run, const expression& call, const value& data);
value min(evaluation& run, const expression& call, const value& data);
value max(evaluation& run, const expression& call, const value& data);

value map(evaluation& run, const expression& call, const value& data);
value filter(evaluation& run, const expression& call, const value& data);
value reduce(evaluation& run, const expression& call, const value& data);
value all(evaluation& run, const expression& call, const value& data);
value none(evaluation& run, const expression& call, const value& data);
value some(evaluation& run, const expression& call, const value& data);

value merge(evaluation& run, const expression& call, const value& data);
value in(evaluation& run, const expression& call, const value& data);
value cat(evaluation& run, const expression& call, const value& data);
value substr(evaluation& run, const expression& call, const value& data);

}  // namespace op
}  // namespace pawl::flow::logic
