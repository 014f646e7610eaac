#include <array>
#include <utility>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node_types.hpp"
#include "flow/values/duration.hpp"

namespace pawl::flow {
namespace {

/// Waits for some time, or until a moment. What has been left of a wait is left again when a paused
/// run is resumed; a moment stays where it is.
class wait_node final : public node {
 public:
  explicit wait_node(const data_reader& data)
      : duration_(data.duration_rule("duration")), until_(data.rule("until", false)) {
    const bool has_duration = data.find("duration") != nullptr;
    const bool has_until = data.find("until") != nullptr;
    if (has_duration == has_until)
      data.fail("duration", "contradiction", "a wait has either a \"duration\" or an \"until\"");
    const json* const until = data.find("until");
    if (until != nullptr && !until->is_object() && !moment_of(*until))
      data.fail("until", "bad_moment", std::string{"\"until\" must be "} + moment_forms);
  }

  void enter(transition_builder& run, token& t) const override {
    run.record(event_kind::step_started, t);
    const auto value = run.evaluate(t, duration_ ? *duration_ : *until_);
    if (!value) return run.fail_step(t, value.error());
    if (duration_) {
      const auto length = duration_of(*value);
      if (!length) return refuse(run, t, "duration", *value, duration_forms);
      run.record(event_kind::wait_began, t, {{"ms", length->count()}});
      return run.sleep_for(t, *length);
    }
    const auto moment = moment_of(*value);
    if (!moment) return refuse(run, t, "until", *value, moment_forms);
    run.record(event_kind::wait_began, t, {{"until", to_rfc3339(*moment)}});
    run.sleep_until(t, *moment);
  }

  void on_timer(transition_builder& run, token& t) const override {
    run.record(event_kind::step_finished, t, {{"us", 0}});
    run.leave(t);
  }

 private:
  static void refuse(transition_builder& run, token& t, const char* key, const json& value,
                     const char* forms) {
    run.fail_step(t, {errc::invalid_argument, std::string{"\""} + key + "\" gave " +
                                                  beginning_of(value) + "; it must be " + forms});
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
