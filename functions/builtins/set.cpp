#include <pawl/functions.hpp>

#include "functions/builtins/builtins.hpp"

namespace pawl::functions::builtins {
namespace {

/// Returns the keys to set: the members of `values` if it is an object and the only argument (so
/// that keys of any name can be set), else the arguments themselves.
json set(step_context& step) {
  const json& args = step.args();
  const auto values = args.find("values");
  const bool wrapped = args.size() == 1 && values != args.end() && values->is_object();
  return wrapped ? *values : args;
}

}  // namespace

void add_set(registry& to) {
  add_built_in(to, "core.set", make_step_function(set),
               {.run_inline = true, .description = "Sets keys of the data to given values."});
}

}  // namespace pawl::functions::builtins
