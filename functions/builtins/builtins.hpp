#pragma once

#include "functions/http/policy.hpp"
#include "functions/process/exec_policy.hpp"
#include "functions/registry.hpp"

namespace pawl::functions {

/// Registers the built-in functions. Call once per registry. `policy` is that of core.exec; the
/// environment variables that it names are read now, so a later change of them is not a data race.
/// `http` is the policy of core.http.
void add_builtins(registry& to, const exec_policy& policy, const http::policy& http = {});

namespace builtins {

void add_echo(registry& to);
void add_set(registry& to);
void add_sleep(registry& to);
void add_fail(registry& to);
void add_log(registry& to);
void add_exec(registry& to, const exec_policy& policy);
void add_http(registry& to, const http::policy& rules);

/// Registers one built-in. Its name must not be registered yet.
void add_built_in(registry& to, std::string_view code_ref, step_function body,
                  function_options options);
void add_built_in(registry& to, std::string_view code_ref, asynchronous_function begin,
                  function_options options, asynchronous_cost cost = asynchronous_cost::connection);

}  // namespace builtins
}  // namespace pawl::functions
