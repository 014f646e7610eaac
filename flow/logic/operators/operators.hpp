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
  members,    ///< an object whose members are templates
  handlers,   ///< those after the first read what was thrown as their data
  pattern,    ///< the second is a pattern
};

/// No maximum for the number of arguments.
inline constexpr std::uint8_t any_count = 255;

struct operator_entry {
  std::string_view name;
  operation apply;
  shape arguments;
  // The compiler refuses fewer or more arguments, except of the published operators.
  std::uint8_t min_args = 0;
  std::uint8_t max_args = any_count;
};

/// All operators, sorted by name.
[[nodiscard]] std::span<const operator_entry> operator_table() noexcept;

/// One function per operator; see `operation`. Results of the published operators match
/// json-logic-js, the reference implementation, including its coercions; the others convert
/// nothing. docs/operators.md describes each.
namespace op {

value array_literal(evaluation& run, const expression& call, const value& data);

value var(evaluation& run, const expression& call, const value& data);
value missing(evaluation& run, const expression& call, const value& data);
value missing_some(evaluation& run, const expression& call, const value& data);

value choose(evaluation& run, const expression& call, const value& data);
value all_of(evaluation& run, const expression& call, const value& data);
value any_of(evaluation& run, const expression& call, const value& data);
value negation(evaluation& run, const expression& call, const value& data);
value truth(evaluation& run, const expression& call, const value& data);
value log(evaluation& run, const expression& call, const value& data);
value let(evaluation& run, const expression& call, const value& data);
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
value interpolated(evaluation& run, const expression& call, const value& data);
value cat(evaluation& run, const expression& call, const value& data);
value substr(evaluation& run, const expression& call, const value& data);

value count(evaluation& run, const expression& call, const value& data);
value sum(evaluation& run, const expression& call, const value& data);
value average(evaluation& run, const expression& call, const value& data);
value min_by(evaluation& run, const expression& call, const value& data);
value max_by(evaluation& run, const expression& call, const value& data);

value slice(evaluation& run, const expression& call, const value& data);
value at(evaluation& run, const expression& call, const value& data);
value index_of(evaluation& run, const expression& call, const value& data);

value sort_by(evaluation& run, const expression& call, const value& data);

value group_by(evaluation& run, const expression& call, const value& data);
value index_by(evaluation& run, const expression& call, const value& data);
value unique(evaluation& run, const expression& call, const value& data);

value object_literal(evaluation& run, const expression& call, const value& data);
value assign(evaluation& run, const expression& call, const value& data);
value assign_deep(evaluation& run, const expression& call, const value& data);
value pick(evaluation& run, const expression& call, const value& data);
value omit_keys(evaluation& run, const expression& call, const value& data);
value entries(evaluation& run, const expression& call, const value& data);
value from_entries(evaluation& run, const expression& call, const value& data);

value val(evaluation& run, const expression& call, const value& data);
value exists(evaluation& run, const expression& call, const value& data);
value get(evaluation& run, const expression& call, const value& data);
value put(evaluation& run, const expression& call, const value& data);

value zip(evaluation& run, const expression& call, const value& data);
value enumerate(evaluation& run, const expression& call, const value& data);
value range(evaluation& run, const expression& call, const value& data);
value flatten(evaluation& run, const expression& call, const value& data);
value chunk(evaluation& run, const expression& call, const value& data);

value join(evaluation& run, const expression& call, const value& data);
value split(evaluation& run, const expression& call, const value& data);
value lower(evaluation& run, const expression& call, const value& data);
value upper(evaluation& run, const expression& call, const value& data);
value trim(evaluation& run, const expression& call, const value& data);
value replace(evaluation& run, const expression& call, const value& data);
value starts_with(evaluation& run, const expression& call, const value& data);
value ends_with(evaluation& run, const expression& call, const value& data);
value pad(evaluation& run, const expression& call, const value& data);
value matches(evaluation& run, const expression& call, const value& data);

value coalesce(evaluation& run, const expression& call, const value& data);
value attempt(evaluation& run, const expression& call, const value& data);
value raise(evaluation& run, const expression& call, const value& data);
value deep_equal(evaluation& run, const expression& call, const value& data);
value literal(evaluation& run, const expression& call, const value& data);

value round(evaluation& run, const expression& call, const value& data);
value floor(evaluation& run, const expression& call, const value& data);
value ceil(evaluation& run, const expression& call, const value& data);
value abs(evaluation& run, const expression& call, const value& data);
value pow(evaluation& run, const expression& call, const value& data);
value decimal(evaluation& run, const expression& call, const value& data);

value now(evaluation& run, const expression& call, const value& data);
value time_add(evaluation& run, const expression& call, const value& data);
value time_diff(evaluation& run, const expression& call, const value& data);
value format_time(evaluation& run, const expression& call, const value& data);
value parse_time(evaluation& run, const expression& call, const value& data);

value json_text(evaluation& run, const expression& call, const value& data);
value json_parse(evaluation& run, const expression& call, const value& data);
value base64(evaluation& run, const expression& call, const value& data);
value base64_decode(evaluation& run, const expression& call, const value& data);
value url_encode(evaluation& run, const expression& call, const value& data);
value sha256(evaluation& run, const expression& call, const value& data);
value hmac_sha256(evaluation& run, const expression& call, const value& data);

value uuid(evaluation& run, const expression& call, const value& data);
value random(evaluation& run, const expression& call, const value& data);

}  // namespace op
}  // namespace pawl::flow::logic
