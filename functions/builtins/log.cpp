#include <optional>
#include <string>

#include <pawl/functions.hpp>

#include "functions/builtins/arguments.hpp"
#include "functions/builtins/builtins.hpp"

namespace pawl::functions::builtins {
namespace {

std::optional<log_level> level_named(const std::string& name) {
  if (name == "debug") return log_level::debug;
  if (name == "info") return log_level::info;
  if (name == "warning") return log_level::warning;
  if (name == "error") return log_level::error;
  return std::nullopt;
}

result<void> log(json message, std::optional<std::string> level, step_context& step) {
  const auto known = level_named(level.value_or("info"));
  if (!known) {
    return fail("invalid_arguments",
                "the \"level\" of core.log must be debug, info, warning or error");
  }
  step.log(*known, message.is_string() ? message.get_ref<const std::string&>() : message.dump());
  return {};
}

constexpr std::string_view level_names[] = {"debug", "info", "warning", "error"};
constexpr argument log_table[] = {{"message", argument_type::any, true},
                                  {"level", argument_type::text, false, level_names}};

}  // namespace

const argument_table log_arguments{"core.log", log_table};

void add_log(registry& to) {
  add_built_in(to, "core.log", make_step_function(arguments("message", "level"), log),
               {.run_inline = true, .description = "Writes a line to the log of the run."});
}

}  // namespace pawl::functions::builtins
