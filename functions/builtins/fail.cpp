#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/functions.hpp>

#include "functions/builtins/arguments.hpp"
#include "functions/builtins/builtins.hpp"

namespace pawl::functions::builtins {
namespace {

result<void> check_type(std::string_view type) {
  if (!type.empty()) return {};
  return fail("invalid_arguments", "the \"type\" of core.fail must not be empty");
}

error fail_step(std::optional<std::string> type, std::optional<std::string> message) {
  if (type)
    if (auto good = check_type(*type); !good) return std::move(good).error();
  return fail(std::move(type).value_or("failed"),
              std::move(message).value_or("the flow reached a core.fail step"));
}

constexpr argument fail_table[] = {
    {"type",
     argument_type::text,
     false,
     {},
     [](const json& value) { return check_type(value.get_ref<const std::string&>()); }},
    {"message", argument_type::text}};

}  // namespace

const argument_table fail_arguments{"core.fail", fail_table};

void add_fail(registry& to) {
  add_built_in(to, "core.fail", make_step_function(arguments("type", "message"), fail_step),
               {.run_inline = true, .description = "Fails with a given error type and message."});
}

}  // namespace pawl::functions::builtins
