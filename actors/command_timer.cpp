#include "actors/command_timer.hpp"

#include <algorithm>
#include <variant>

namespace pawl::actors {

command_timer::command_timer(const flow::command& c) noexcept {
  if (const auto* const step = std::get_if<flow::step_outcome_command>(&c)) {
    kind_ = step->interrupted         ? kind::interrupted
            : step->value.has_value() ? kind::completed
                                      : kind::failed;
    if (step->began_at != time_point{}) step_took_ = step->ended_at - step->began_at;
  } else if (std::holds_alternative<flow::start_command>(c)) {
    kind_ = kind::start;
  } else if (std::holds_alternative<flow::signal_command>(c)) {
    kind_ = kind::signal;
  }
}

void command_timer::on_applied(metrics& to, const flow::delta& change) noexcept {
  if (kind_ == kind::start || kind_ == kind::signal) {
    const bool begins_step =
        std::any_of(change.events.begin(), change.events.end(),
                    [](const flow::event& e) { return e.kind == flow::event_kind::step_started; });
    checkpoint_ = begins_step ? change.sequence : 0;
  } else if (kind_ != kind::other) {
    auto& ended = kind_ == kind::completed ? to.steps_completed
                  : kind_ == kind::failed  ? to.steps_failed
                                           : to.steps_interrupted;
    ended.fetch_add(1, std::memory_order_relaxed);
    if (step_took_.count() >= 0) to.step.record(step_took_);
  }
}

void command_timer::on_committed(metrics& to, std::uint64_t checkpoint) noexcept {
  if (checkpoint_ != checkpoint) return;
  auto& way = kind_ == kind::start ? to.start_to_first_step : to.signal_to_step;
  way.record(std::chrono::steady_clock::now() - began_);
  checkpoint_ = 0;
}

}  // namespace pawl::actors
