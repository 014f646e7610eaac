#pragma once

#include <optional>
#include <string>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/duration.hpp"

namespace pawl::flow {

/// The optional time-out of a node that waits for an external event: its `timeout`, or `until`.
class wait_timeout {
 public:
  explicit wait_timeout(const data_reader& data)
      : length_(data.duration_rule("timeout")), until_(data.time_rule("until")) {
    if (length_ && until_)
      data.fail("until", "contradiction", "a node has either \"timeout\" or \"until\", not both");
  }

  /// Puts the token to sleep until the time-out, or without limit. Returns false if the rule of the
  /// time-out failed; then it has failed the step.
  bool sleep(transition_builder& run, token& t) const {
    if (!set(run, t)) return false;
    run.waits().sleep(t);
    return true;
  }

  /// Sets the timer of the time-out, if there is one. Returns false as above.
  bool set(transition_builder& run, token& t) const {
    if (until_) return set_time(run, t);
    if (!length_) return true;
    const auto value = run.data().evaluate(t, *length_);
    const auto length = value ? duration_of(*value) : std::nullopt;
    if (length) {
      run.waits().set_timer(t, *length);
    } else if (!value) {
      run.failures().fail_step(t, value.error());
    } else {
      run.failures().fail_step(t,
                               {errc::invalid_argument, "\"timeout\" " + why_no_duration(*value)});
    }
    return length.has_value();
  }

  /// Follows the `on_timeout` edge, or fails the step if there is none.
  void expire(transition_builder& run, token& t, std::string why) const {
    t.question.reset();
    if (!run.branches().follow_timeout(t))
      run.failures().fail_step(t, {errc::timed_out, std::move(why)});
  }

 private:
  bool set_time(transition_builder& run, token& t) const {
    const auto value = run.data().evaluate(t, *until_);
    const auto time = value ? timestamp_of(*value) : std::nullopt;
    if (time) {
      run.waits().set_timer(t, *time);
    } else if (!value) {
      run.failures().fail_step(t, value.error());
    } else {
      run.failures().fail_step(t,
                               {errc::invalid_argument, "\"until\" " + why_no_timestamp(*value)});
    }
    return time.has_value();
  }

  std::optional<logic::rule> length_;
  std::optional<logic::rule> until_;
};

}  // namespace pawl::flow
