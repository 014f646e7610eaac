#include <array>
#include <utility>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node_types.hpp"
#include "flow/nodes/step_result.hpp"
#include "flow/nodes/timeout.hpp"

namespace pawl::flow {
namespace {

/// Waits for a signal and merges its payload into the run's data. Accepts one that arrived earlier.
class signal_node final : public node {
 public:
  explicit signal_node(const data_reader& data)
      : name_{data.text("name", true).value_or("")}, result_(data), timeout_(data) {
    if (name_.empty()) return;
    if (const auto valid = check_signal_type(name_); !valid)
      data.fail("name", "bad_signal_name", valid.error().message);
  }

  void enter(transition_builder& run, token& t) const override {
    if (take(run, t)) return;
    run.changes().record(event_kind::signal_awaited, t, {{"signal", name_}});
    timeout_.sleep(run, t);
  }

  void wake(transition_builder& run, token& t) const override { take(run, t); }

  void on_timer(transition_builder& run, token& t) const override {
    timeout_.expire(run, t, "no signal \"" + name_ + "\" arrived in time");
  }

  std::span<const std::string> awaited_signals() const noexcept override { return {&name_, 1}; }

 private:
  bool take(transition_builder& run, token& t) const {
    const auto number = run.signals().find(name_);
    if (number == 0) return false;
    if (result_.keep(run, t, run.signals().claim(t, number))) run.branches().leave(t);
    return true;
  }

  std::string name_;
  step_result result_;
  wait_timeout timeout_;
};

constexpr std::array<std::string_view, 5> signal_keys = {"name", "into", "timeout", "until",
                                                         "result"};

}  // namespace

const node_type signal_type{
    .name = "signal",
    .keys = signal_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<signal_node>(data);
    },
    .times_out = true,
};

}  // namespace pawl::flow
