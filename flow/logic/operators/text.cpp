#include <algorithm>
#include <cmath>

#include "flow/logic/coercion.hpp"
#include "flow/logic/operators/operators.hpp"
#include "flow/logic/utf8.hpp"

namespace pawl::flow::logic::op {
namespace {

// Converts a number to a position in text: truncated and clamped; NaN is 0.
std::int64_t position(number n) noexcept {
  constexpr double far = 4503599627370496.0;  // 2^52, longer than any text
  const double x = n.as_double();
  return std::isnan(x) ? 0 : static_cast<std::int64_t>(std::clamp(std::trunc(x), -far, far));
}

// `count` characters from `start`; a negative `start` counts from the end.
std::string_view piece(std::string_view text, std::int64_t start, std::int64_t count) noexcept {
  if (start < 0) {
    start = std::max<std::int64_t>(0, start + static_cast<std::int64_t>(count_characters(text)));
  }
  if (count <= 0) return {};
  return characters(text, static_cast<std::size_t>(start), static_cast<std::size_t>(count));
}

}  // namespace

value cat(evaluation& run, const expression& call, const value& data) {
  if (call.arg_count == 1) {
    const value only = run.eval(call.first_arg[0], data);
    if (only.is_text()) return only;
    text_builder text{run};
    text.add_joined(only);
    return value::text(text.finish());
  }
  text_builder text{run};
  for (const expression& arg : call.args()) text.add_joined(run.eval(arg, data));
  return value::text(text.finish());
}

// The third argument is a length or, if negative, a number of characters to drop at the end.
value substr(evaluation& run, const expression& call, const value& data) {
  constexpr std::int64_t everything = std::int64_t{1} << 53;
  const std::string_view source = to_text(run, run.arg(call, 0, data));
  const std::int64_t start = position(to_number(run, run.arg(call, 1, data)));
  const value end = run.arg(call, 2, data);
  if (!run.read(source.size())) return {};
  if (end.is_undefined()) return value::text(piece(source, start, everything));
  const number length = to_number(run, end);
  if (!(compare(length, number::integer(0)) < 0)) {
    return value::text(piece(source, start, position(length)));
  }
  // The reference adds the length and the third argument. For a string this concatenates, and the
  // result is not a number.
  if (!end.is_number()) return value::text({});
  const std::string_view rest = piece(source, start, everything);
  const number kept =
      add(number::integer(static_cast<std::int64_t>(count_characters(rest))), length);
  return value::text(piece(rest, 0, position(kept)));
}

}  // namespace pawl::flow::logic::op
