#include <array>
#include <utility>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node_types.hpp"
#include "flow/values/duration.hpp"

namespace pawl::flow {
namespace {

/// Waits for a duration or until a time. A pause suspends the wait for a duration, which continues
/// with what was left; a wait until a time is not postponed.
class wait_node final : public node {
 public:
  explicit wait_node(const data_reader& data)
      : duration_(data.duration_rule("duration")), until_(data.time_rule("until")) {
    const bool has_duration = data.find("duration") != nullptr;
    const bool has_until = data.find("until") != nullptr;
    if (has_duration == has_until)
      data.fail("duration", "contradiction",
                "a wait needs exactly one of \"duration\" and \"until\"");
  }

  void enter(transition_builder& run, token& t) const override {
    run.changes().record(event_kind::step_started, t);
    const auto value = run.data().evaluate(t, duration_ ? *duration_ : *until_);
    if (!value) return run.failures().fail_step(t, value.error());
    if (duration_) {
      const auto length = duration_of(*value);
      if (!length) return refuse(run, t, "\"duration\" " + why_no_duration(*value));
      run.changes().record(event_kind::wait_began, t, {{"ms", length->count()}});
      return run.waits().sleep_for(t, *length);
    }
    const auto timestamp = timestamp_of(*value);
    if (!timestamp) return refuse(run, t, "\"until\" " + why_no_timestamp(*value));
    run.changes().record(event_kind::wait_began, t, {{"until", to_rfc3339(*timestamp)}});
    run.waits().sleep_until(t, *timestamp);
  }

  void on_timer(transition_builder& run, token& t) const override {
    run.changes().record(event_kind::step_finished, t, {{"us", 0}});
    run.branches().leave(t);
  }

 private:
  static void refuse(transition_builder& run, token& t, std::string why) {
    run.failures().fail_step(t, {errc::invalid_argument, std::move(why)});
  }

  std::optional<logic::rule> duration_;
  std::optional<logic::rule> until_;
};

constexpr std::array<std::string_view, 2> wait_keys = {"duration", "until"};

}  // namespace

const node_type wait_type{
    .name = "wait",
    .keys = wait_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<wait_node>(data);
    },
};

}  // namespace pawl::flow
