#include <chrono>
#include <cmath>
#include <optional>

#include <pawl/functions.hpp>
#include <pawl/time.hpp>

#include "functions/builtins/arguments.hpp"
#include "functions/builtins/builtins.hpp"

namespace pawl::functions::builtins {
namespace {

result<void> check_duration(double total_ms) {
  const auto max_ms = static_cast<double>(max_duration.count());
  if (total_ms >= 0 && total_ms <= max_ms) return {};
  return fail("invalid_arguments", "core.sleep must sleep from 0 to " +
                                       std::to_string(max_duration.count()) +
                                       " ms (100 years), not " + std::to_string(total_ms) + " ms");
}

result<void> sleep(std::optional<double> ms, std::optional<double> seconds, step_context& step) {
  if (ms.has_value() == seconds.has_value())
    return fail("invalid_arguments", "core.sleep takes either \"ms\" or \"seconds\"");
  const double total_ms = ms ? *ms : *seconds * 1000;
  if (auto good = check_duration(total_ms); !good) return good;
  if (step.sleep_for(std::chrono::milliseconds{std::llround(total_ms)})) return {};
  return fail("cancelled", "core.sleep was stopped before its time was over");
}

constexpr std::string_view units[] = {"ms", "seconds"};
constexpr argument sleep_table[] = {
    {units[0],
     argument_type::number,
     false,
     {},
     [](const json& value) { return check_duration(value.get<double>()); }},
    {units[1], argument_type::number, false, {}, [](const json& value) {
       return check_duration(value.get<double>() * 1000);
     }}};

}  // namespace

const argument_table sleep_arguments{"core.sleep", sleep_table, units, true};

void add_sleep(registry& to) {
  add_built_in(to, "core.sleep", make_step_function(arguments("ms", "seconds"), sleep),
               {.description = "Waits for a duration; ends early if the step is stopped."});
}

}  // namespace pawl::functions::builtins
