#pragma once

#include <optional>
#include <string>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/duration.hpp"

namespace pawl::flow {

/// The optional time-out of a node that waits for an external event: its `timeout`.
class wait_timeout {
 public:
  explicit wait_timeout(const data_reader& data) : length_(data.duration_rule("timeout")) {}

  /// Puts the token to sleep until the time-out, or without limit. Returns false if the rule of the
  /// time-out failed; then it has failed the step.
  bool sleep(transition_builder& run, token& t) const {
    if (!length_) {
      run.waits().sleep(t);
      return true;
    }
    const auto value = run.data().evaluate(t, *length_);
    const auto length = value ? duration_of(*value) : std::nullopt;
    if (length) {
      run.waits().sleep_for(t, *length);
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
  std::optional<logic::rule> length_;
};

}  // namespace pawl::flow
