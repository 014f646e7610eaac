// matches.

#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic::op {
namespace {

// A pattern that the rule computes is compiled in each evaluation, which takes up to a millisecond.
constexpr std::size_t max_computed_bytes = 1'000;
constexpr std::uint64_t compile_steps = 5'000;
constexpr std::size_t compile_bytes = 128u << 10;

value test(evaluation& run, const schema::pattern& pattern, std::string_view text) {
  return run.step(pattern.steps(text.size())) ? value::boolean(pattern.matches(text)) : value{};
}

value test_computed(evaluation& run, const expression& call, std::string_view pattern,
                    std::string_view text) {
  if (pattern.size() > max_computed_bytes) {
    return refuse(
        run, call, "invalid_arguments",
        "takes a computed pattern of at most " + std::to_string(max_computed_bytes) + " bytes");
  }
  if (!run.step(compile_steps + 100 * pattern.size()) || !run.take(compile_bytes)) return {};
  schema::pattern_memory memory;
  const auto made = schema::pattern::compile(pattern, memory);
  if (!made)
    return refuse(run, call, "invalid_pattern", "got a pattern that " + made.error().message);
  return test(run, *made, text);
}

}  // namespace

// Whether a pattern of ECMAScript matches somewhere in a text.
value matches(evaluation& run, const expression& call, const value& data) {
  const value text = run.arg(call, 0, data);
  if (text.is_absent()) return value::null();
  if (!text.is_text()) return wrong_type(run, call, "a text", text);
  if (const auto* literal = call.first_arg[1].matcher; literal != nullptr)
    return test(run, *literal, text.as_text());
  const auto pattern = text_argument(run, call, 1, data);
  return pattern ? test_computed(run, call, *pattern, text.as_text()) : value{};
}

}  // namespace pawl::flow::logic::op
