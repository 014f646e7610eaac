#include "actors/inline_call.hpp"

#include "functions/call.hpp"

namespace pawl::actors {

outcome call_inline(invocation call, const clock& time, const functions::value_limits& limits) {
  const functions::call_facts facts{call.run,
                                    call.node,
                                    call.visit,
                                    call.attempt,
                                    call.idempotency_key,
                                    call.args,
                                    call.answer ? &*call.answer : nullptr,
                                    call.trace};
  functions::call_context context{facts, call.observer, {}, {}};
  const detail::log_about here{about(call)};
  const time_point began_at = time.now();
  auto called =
      functions::call(call.function->body, call.function->code_ref, *call.state, context, limits);
  return {std::move(called.value), std::move(called.interrupted), began_at, time.now()};
}

}  // namespace pawl::actors
