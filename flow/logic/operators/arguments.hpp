#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "flow/logic/evaluation.hpp"

/// How the operators that Pawl adds to JSONLogic read their arguments: types are not converted, and
/// null in gives null.
namespace pawl::flow::logic {

/// The operator that a call names, as it is written.
[[nodiscard]] std::string_view name_of(const expression& call) noexcept;

/// Fails the evaluation with the error `type`: `"NAME" problem`. Returns undefined.
value refuse(evaluation& run, const expression& call, std::string type, const std::string& problem);

/// Fails it with "wrong_type": the operator takes `wanted`, not what `got` is. Returns undefined.
value wrong_type(evaluation& run, const expression& call, std::string_view wanted,
                 const value& got);

/// The number of an integer that fits 64 bits; a double without a fraction counts. None for others.
[[nodiscard]] std::optional<std::int64_t> whole_number(const value& v) noexcept;

/// Argument `i`, which must be a whole number; `otherwise` if the call has fewer arguments. None
/// after a failure.
[[nodiscard]] std::optional<std::int64_t> whole_argument(
    evaluation& run, const expression& call, std::size_t i, const value& data,
    std::optional<std::int64_t> otherwise = {});

/// The same for a text.
[[nodiscard]] std::optional<std::string_view> text_argument(
    evaluation& run, const expression& call, std::size_t i, const value& data,
    std::optional<std::string_view> otherwise = {});

/// The key of item `i` of argument 0: what argument 1 makes of the item, or the item.
[[nodiscard]] inline value key_of_item(evaluation& run, const expression& call, const value& item,
                                       const value& data, std::size_t i) {
  return call.arg_count > 1 ? run.body(call, 1, item, data, i) : item;
}

/// The items of argument 0 if it is the only one and an array, else all arguments as an array.
[[nodiscard]] value gathered(evaluation& run, const expression& call, const value& data);

/// An object of any kind as a record. Undefined after a failure; `v` must be an object.
[[nodiscard]] value as_record(evaluation& run, const value& v);

/// The position of a negative `index` counts from the end; the result is from 0 to `size`.
[[nodiscard]] std::size_t clamped(std::int64_t index, std::size_t size) noexcept;

[[nodiscard]] inline value count_value(std::size_t count) noexcept {
  return value::of(number::integer(static_cast<std::int64_t>(count)));
}

/// Copies a text that an operator made. Undefined after a failure.
[[nodiscard]] inline value made_text(evaluation& run, std::string_view text) {
  return run.take(text.size()) ? value::text(run.keep(text)) : value{};
}

}  // namespace pawl::flow::logic
