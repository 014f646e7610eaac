#pragma once

#include <optional>
#include <string>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/duration.hpp"

namespace pawl::flow {

/// The time-out of a node that waits for something from outside: its `timeout`, if it has one.
class wait_timeout {
 public:
  explicit wait_timeout(const data_reader& data) : length_(data.duration_rule("timeout")) {}

  /// Leaves the token sleeping for as long as the time-out says. False if its rule fails: then the
  /// step has failed.
  bool sleep(transition_builder& run, token& t) const {
    if (!length_) {
      run.sleep(t);
      return true;
    }
    const auto value = run.evaluate(t, *length_);
    const auto length = value ? duration_of(*value) : std::nullopt;
    if (length) {
      run.sleep_for(t, *length);
    } else if (!value) {
      run.fail_step(t, value.error());
    } else {
      run.fail_step(t, {errc::invalid_argument, "\"timeout\" gave " + beginning_of(*value) +
                                                    "; it must be " + duration_forms});
    }
    return length.has_value();
  }

  /// It is over: goes along the edge on_timeout, or fails the step.
  void ring(transition_builder& run, token& t, std::string why) const {
    t.question.reset();
    if (!run.follow_timeout(t)) run.fail_step(t, {errc::timed_out, std::move(why)});
  }

 private:
  std::optional<logic::rule> length_;
};

}  // namespace pawl::flow
