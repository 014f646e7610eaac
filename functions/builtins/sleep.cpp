#include <chrono>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include <pawl/assert.hpp>
#include <pawl/functions.hpp>
#include <pawl/time.hpp>

#include "functions/builtins/arguments.hpp"
#include "functions/builtins/builtins.hpp"
#include "functions/call_timers.hpp"
#include "functions/context.hpp"

namespace pawl::functions::builtins {
namespace {

result<void> check_duration(double total_ms) {
  const auto max_ms = static_cast<double>(max_duration.count());
  if (total_ms >= 0 && total_ms <= max_ms) return {};
  return fail("invalid_arguments", "core.sleep must sleep from 0 to " +
                                       std::to_string(max_duration.count()) +
                                       " ms (100 years), not " + std::to_string(total_ms) + " ms");
}

/// The duration in milliseconds.
result<std::int64_t> duration_of(std::optional<double> ms, std::optional<double> seconds) {
  if (ms.has_value() == seconds.has_value())
    return fail("invalid_arguments", "core.sleep takes either \"ms\" or \"seconds\"");
  const double total_ms = ms ? *ms : *seconds * 1000;
  if (auto good = check_duration(total_ms); !good) return std::move(good).error();
  return std::int64_t{std::llround(total_ms)};
}

/// A call that waits. Its timer keeps it, so it lives until that has fired or is cancelled.
struct sleeping_call {
  sleeping_call(call_end ends, std::shared_ptr<call_timers> by)
      : end(std::move(ends)), timers(std::move(by)) {}

  const call_end end;
  const std::shared_ptr<call_timers> timers;
  call_timers::id timer = 0;
  std::optional<std::stop_callback<std::function<void()>>> on_stop;
};

void sleep(std::chrono::milliseconds duration, call_context& step, call_end end) {
  PAWL_ASSERT(step.timers(), "an executor gives asynchronous calls timers");
  const std::stop_token stop = step.stop_token();  // `step` may end with the timer
  const auto call = std::make_shared<sleeping_call>(std::move(end), step.timers());
  call->timer = call->timers->start(duration, [call] { call->end(json::object()); });
  call->on_stop.emplace(stop, [known = std::weak_ptr{call}] {
    const auto stopped = known.lock();
    if (!stopped) return;
    stopped->timers->cancel(stopped->timer);
    stopped->end(fail("cancelled", "core.sleep was stopped before its time was over"));
  });
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
  const auto read = make_step_function(arguments("ms", "seconds"), duration_of);
  add_built_in(to, "core.sleep", asynchronous_function{[read](call_context& step, call_end end) {
                 const auto duration = read(step_data{json::object()}, step);
                 if (!duration) return end(duration.error());
                 sleep(std::chrono::milliseconds{duration->get<std::int64_t>()}, step,
                       std::move(end));
               }},
               {.description = "Waits for a duration; ends early if the step is stopped."},
               asynchronous_cost::timer);
}

}  // namespace pawl::functions::builtins
