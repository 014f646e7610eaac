#pragma once

#include "functions/http/policy.hpp"
#include "functions/process/exec_policy.hpp"
#include "functions/registry.hpp"

namespace pawl::functions {

/// Registers every built-in function. `policy` says what core.exec may do; the environment
/// variables that it names are read now, so that no later change of them is a race. `http` says
/// what core.http may do. To be called once for a registry.
void add_builtins(registry& to, const exec_policy& policy, const http::policy& http = {});

namespace builtins {

void add_echo(registry& to);
void add_set(registry& to);
void add_sleep(registry& to);
void add_fail(registry& to);
void add_log(registry& to);
void add_exec(registry& to, const exec_policy& policy);
void add_http(registry& to, const http::policy& rules);

/// Registers one built-in; that its name is free is the caller's promise.
void add_built_in(registry& to, std::string_view code_ref, step_function body,
                  function_options options);

}  // namespace builtins
}  // namespace pawl::functions
