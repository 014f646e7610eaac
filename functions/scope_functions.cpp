#include <pawl/functions.hpp>

#include <algorithm>

#include <pawl/assert.hpp>
#include <pawl/code_ref.hpp>

#include "functions/registry.hpp"

namespace pawl {

scope_functions::scope_functions(std::shared_ptr<functions::registry> registry, scope_name scope)
    : registry_(std::move(registry)), scope_(std::move(scope)) {
  PAWL_ASSERT(registry_ != nullptr, "scope_functions needs a registry");
}

result<void> scope_functions::add_function(std::string_view code_ref, step_function body,
                                           function_options options) {
  return registry_->add(scope_, code_ref, std::move(body), std::move(options));
}

result<void> scope_functions::check_names(std::string_view code_ref,
                                          std::span<const std::string> names) {
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (name->empty() || std::find(names.begin(), name, *name) != name) {
      return error{errc::invalid_argument,
                   "the function " + pawl::quoted(code_ref) + " has " +
                       (name->empty() ? "an argument without a name"
                                      : "two arguments named " + pawl::quoted(*name)) +
                       "; argument names must be unique and not empty"};
    }
  }
  return {};
}

result<void> scope_functions::remove(std::string_view code_ref) {
  return registry_->remove(scope_, code_ref);
}

std::vector<function_info> scope_functions::list() const {
  std::vector<function_info> all;
  for (const auto& function : registry_->list(scope_))
    all.push_back({function->code_ref, function->options, function->built_in});
  return all;
}

}  // namespace pawl
