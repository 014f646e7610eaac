#include <array>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node_types.hpp"
#include "flow/nodes/timeout.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 4> section_keys = {"compensate", "at_end", "timeout",
                                                          "until"};
constexpr std::array<std::string_view, 2> compensation_times = {"later", "on_error"};
constexpr std::array<std::string_view, 2> ends_of_body = {"keep", "final"};

/// Runs its body, a part of the flow with error handlers, a deadline and compensation of its own.
class section_node final : public node {
 public:
  explicit section_node(const data_reader& data)
      : plan_{data.one_of("compensate", compensation_times) == "on_error",
              data.one_of("at_end", ends_of_body) == "final"},
        timeout_(data) {}

  void enter(transition_builder& run, token& t) const override {
    run.changes().record(event_kind::step_started, t);
    if (timeout_.set(run, t)) run.sections().begin(t);
  }

  void on_timer(transition_builder& run, token& t) const override {
    error why{errc::timed_out,
              "the body of the section \"" + run.node_of(t).id + "\" did not end in time"};
    const auto& edge = run.node_of(t).on_timeout;
    if (!edge) return run.failures().fail_step(t, why);
    run.sections().leave(t.id, *edge, std::nullopt);
  }

  const section_plan* section() const noexcept override { return &plan_; }

 private:
  section_plan plan_;
  wait_timeout timeout_;
};

}  // namespace

const node_type section_type{
    .name = "section",
    .keys = section_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<section_node>(data);
    },
    .times_out = true,
    .has_body = true,
};

}  // namespace pawl::flow
