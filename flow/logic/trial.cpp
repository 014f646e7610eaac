#include "flow/logic/trial.hpp"

namespace pawl::flow::logic {
namespace {

template <class Compiled>
inspection try_compiled(const result<Compiled>& compiled, const json& data,
                        const rule_context& context, bool with_calls, const limits& limits) {
  if (!compiled) return {compiled.error()};
  variables given{data};
  given.set_context(context);
  return inspect(*compiled, given, with_calls, limits);
}

}  // namespace

inspection try_out(const json& source, source_form form, const json& data,
                   const rule_context& context, bool with_calls, const limits& limits) {
  return form == source_form::rule
             ? try_compiled(compile(source, limits), data, context, with_calls, limits)
             : try_compiled(compile_template(source, limits), data, context, with_calls, limits);
}

}  // namespace pawl::flow::logic
