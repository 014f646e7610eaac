#include "flow/logic/evaluation.hpp"
#include "flow/logic/operators/operators.hpp"

namespace pawl::flow::logic::op {

// if and ?: take pairs of condition and result, then a default. A single argument is the default.
value choose(evaluation& run, const expression& call, const value& data) {
  const auto args = call.args();
  std::size_t i = 0;
  for (; i + 1 < args.size(); i += 2) {
    if (truthy(run.eval(args[i], data))) return run.eval(args[i + 1], data);
  }
  return i < args.size() ? run.eval(args[i], data) : value::null();
}

value all_of(evaluation& run, const expression& call, const value& data) {
  value last;
  for (const expression& arg : call.args()) {
    last = run.eval(arg, data);
    if (!truthy(last)) break;
  }
  return last;
}

value any_of(evaluation& run, const expression& call, const value& data) {
  value last;
  for (const expression& arg : call.args()) {
    last = run.eval(arg, data);
    if (truthy(last)) break;
  }
  return last;
}

value negation(evaluation& run, const expression& call, const value& data) {
  return value::boolean(!truthy(run.arg(call, 0, data)));
}

value truth(evaluation& run, const expression& call, const value& data) {
  return value::boolean(truthy(run.arg(call, 0, data)));
}

// Evaluation is pure, so log writes nothing and returns its argument.
value log(evaluation& run, const expression& call, const value& data) {
  return run.arg(call, 0, data);
}

// Not JSONLogic: a template leaves the value out.
value omit(evaluation&, const expression&, const value&) {
  return value::omitted();
}

}  // namespace pawl::flow::logic::op
