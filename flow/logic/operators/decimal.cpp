// decimal: exact arithmetic on decimal numbers.

#include "flow/logic/big_decimal.hpp"
#include "flow/logic/coercion.hpp"
#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic::op {
namespace {

// A number counts as its shortest decimal text. None after a failure.
std::optional<big_decimal> operand(evaluation& run, const expression& call, std::size_t i,
                                   const value& data) {
  const value given = run.arg(call, i, data);
  if (!given.is_text() && !given.is_number()) {
    // Null is refused, too: a sum that leaves out an amount would be wrong in silence.
    wrong_type(run, call, "decimal numbers, as texts or numbers", given);
    return std::nullopt;
  }
  const std::string_view text = to_text(run, given);
  // Converting the digits, also those that an exponent adds.
  if (!run.step(20 + text.size() / 4) || !run.take(text.size())) return std::nullopt;
  auto made = big_decimal::parse(text);
  if (!made) {
    refuse(run, call, "wrong_type",
           "takes decimal numbers of at most " + std::to_string(big_decimal::max_digits) +
               " digits, such as \"-12.50\"");
    return std::nullopt;
  }
  if (!run.step(made->size() * 2) || !run.take(made->size() * 4)) return std::nullopt;
  return made;
}

value text_of(evaluation& run, const std::string& text) {
  return run.step(text.size() / 8) ? made_text(run, text) : value{};
}

// ["round", x, decimals]
value rounded(evaluation& run, const expression& call, const value& data) {
  const auto x = operand(run, call, 1, data);
  if (!x) return {};
  const auto decimals = whole_argument(run, call, 2, data);
  if (!decimals) return {};
  if (*decimals < 0 || *decimals > static_cast<std::int64_t>(big_decimal::max_digits))
    return refuse(run, call, "invalid_arguments", "rounds to 0 to 20000 decimals");
  const auto count = static_cast<std::size_t>(*decimals);
  if (!run.step(count / 4) || !run.take(count)) return {};
  return text_of(run, x->rounded(count).text(count));
}

// ["compare", a, b]
value compared(evaluation& run, const expression& call, const value& data) {
  const auto a = operand(run, call, 1, data);
  const auto b = operand(run, call, 2, data);
  if (!a || !b || !run.step((a->scale() + b->scale()) / 4)) return {};
  return value::of(number::integer(big_decimal::order(*a, *b)));
}

}  // namespace

// [operation, a, b, …]: the operation is "+", "-", "*", "round" or "compare". The result is a text,
// of "compare" -1, 0 or 1.
value decimal(evaluation& run, const expression& call, const value& data) {
  const auto what = text_argument(run, call, 0, data);
  if (!what) return {};
  if (*what == "round") return rounded(run, call, data);
  if (*what == "compare") return compared(run, call, data);
  const bool is_product = *what == "*";
  if (!is_product && *what != "+" && *what != "-") {
    return refuse(run, call, "invalid_arguments",
                  "takes \"+\", \"-\", \"*\", \"round\" or \"compare\" as the operation");
  }
  auto made = operand(run, call, 1, data);
  for (std::size_t i = 2; made && i < call.arg_count; ++i) {
    const auto next = operand(run, call, i, data);
    if (!next) return {};
    const std::uint64_t cost = is_product ? std::uint64_t{made->size()} * next->size() / 4
                                          : (made->scale() + next->scale()) / 4;
    if (!run.step(1 + made->size() + next->size() + cost) ||
        !run.take(4 * (made->size() + next->size()) + made->scale() + next->scale()))
      return {};
    made = is_product ? big_decimal::product(*made, *next)
                      : big_decimal::sum(*made, *what == "-" ? next->negated() : *next);
  }
  if (!made) return {};
  if (call.arg_count == 2 && *what == "-") made = made->negated();
  return text_of(run, made->text());
}

}  // namespace pawl::flow::logic::op
