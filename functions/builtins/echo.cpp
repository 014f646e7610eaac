#include <pawl/functions.hpp>

#include "functions/builtins/builtins.hpp"

namespace pawl::functions::builtins {

void add_echo(registry& to) {
  add_built_in(to, "core.echo", make_step_function([](step_context& step) { return step.args(); }),
               {.run_inline = true, .description = "Returns its arguments."});
}

}  // namespace pawl::functions::builtins
