#include "actors/inline_call.hpp"

#include "functions/call.hpp"

namespace pawl::actors {

outcome call_inline(invocation call, const clock& time, const functions::value_limits& limits) {
  functions::call_context context{facts_of(call), observer_of(call), {}, {}};
  const detail::log_about here{about(call)};
  const time_point began_at = time.now();
  auto called =
      functions::call(call.function->body, call.function->code_ref, call.state, context, limits);
  return {std::move(called.value), std::move(called.interrupted), began_at, time.now()};
}

}  // namespace pawl::actors
