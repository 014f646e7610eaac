#include "functions/builtins/builtins.hpp"

#include <utility>

#include <pawl/assert.hpp>

namespace pawl::functions {
namespace builtins {

void add_built_in(registry& to, std::string_view code_ref, step_function body,
                  function_options options) {
  const auto added = to.add_built_in(code_ref, std::move(body), std::move(options));
  PAWL_ASSERT(added, "a built-in function is registered twice or has an invalid name");
}

void add_built_in(registry& to, std::string_view code_ref, asynchronous_function begin,
                  function_options options, asynchronous_cost cost) {
  const auto added = to.add_built_in(code_ref, std::move(begin), std::move(options), cost);
  PAWL_ASSERT(added, "a built-in function is registered twice or has an invalid name");
}

}  // namespace builtins

void add_builtins(registry& to, const exec_policy& policy, const http::policy& http) {
  builtins::add_echo(to);
  builtins::add_set(to);
  builtins::add_sleep(to);
  builtins::add_fail(to);
  builtins::add_log(to);
  builtins::add_exec(to, policy);
  builtins::add_http(to, http);
}

}  // namespace pawl::functions
