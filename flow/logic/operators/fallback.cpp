// ??, try, throw, equal, literal.

#include "flow/logic/equality.hpp"
#include "flow/logic/lookup.hpp"
#include "flow/logic/operators/arguments.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic::op {

// The first value that is not null.
value coalesce(evaluation& run, const expression& call, const value& data) {
  for (const expression& arg : call.args()) {
    const value found = run.eval(arg, data);
    if (!found.is_absent() || found.is_omitted() || run.failed()) return found;
  }
  return value::null();
}

// Evaluates its arguments until one does not fail. Each after the first reads what was thrown
// before: {"type", "message"}, or the object that `throw` was given.
value attempt(evaluation& run, const expression& call, const value& data) {
  if (call.arg_count == 0) return value::null();
  value made = run.arg(call, 0, data);
  for (std::size_t i = 1; i < call.arg_count && run.failed(); ++i) {
    const auto thrown = run.catch_failure();
    if (!thrown) break;
    made = run.body(call, i, *thrown, data, i);
  }
  return run.failed() ? value{} : made;
}

value raise(evaluation& run, const expression& call, const value& data) {
  const value given = run.arg(call, 0, data);
  if (run.failed()) return {};
  const value type = given.is_object() ? member_of(run, given, "type") : given;
  if (!type.is_text())
    return wrong_type(run, call, "a text, or an object with a text as \"type\"", given);
  const value message = given.is_object() ? member_of(run, given, "message") : value{};
  if (!run.take(type.size() + (message.is_text() ? message.size() : 0))) return {};
  error why{errc::invalid_rule, "", std::string(type.as_text())};
  why.message = "evaluating a JSONLogic rule: \"throw\" of " + why.type;
  if (message.is_text()) why.message += ": " + std::string(message.as_text());
  if (given.is_object()) {
    run.fail(std::move(why), whole(run, given));
  } else {
    run.fail(std::move(why));
  }
  return {};
}

value deep_equal(evaluation& run, const expression& call, const value& data) {
  const value first = run.arg(call, 0, data);
  for (std::size_t i = 1; i < call.arg_count; ++i)
    if (!deeply_equal(run, first, run.arg(call, i, data))) return value::boolean(false);
  return value::boolean(true);
}

// The compiler replaces a call by its argument.
value literal(evaluation& run, const expression& call, const value& data) {
  return run.arg(call, 0, data);
}

}  // namespace pawl::flow::logic::op
