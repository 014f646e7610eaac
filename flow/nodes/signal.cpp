#include <algorithm>
#include <array>
#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/chosen_name.hpp"
#include "flow/nodes/fitting_signal.hpp"
#include "flow/nodes/node_types.hpp"
#include "flow/nodes/step_result.hpp"
#include "flow/nodes/timeout.hpp"

namespace pawl::flow {
namespace {

constexpr std::size_t max_names = 100;

/// Waits for a signal, of one type or of the first of several that comes, and merges its payload
/// into the run's data. Accepts one that arrived earlier.
class signal_node final : public node {
 public:
  explicit signal_node(const data_reader& data)
      : names_(read_names(data)),
        when_(data.condition("when", false)),
        result_(data),
        timeout_(data) {
    if (data.find("names") == nullptr)
      name_ = chosen_name{data, "name", "bad_signal_name", check_signal_type};
    else if (data.find("name") != nullptr || data.find("allow") != nullptr)
      data.fail("names", "contradiction", "a node has either \"name\" or \"names\", not both");
  }

  void enter(transition_builder& run, token& t) const override {
    const auto wanted = wanted_by(run.state(), t, run.node_of(t));
    if (!wanted) return run.failures().fail_step(t, wanted.error());
    if (take(run, t, *wanted)) return;
    for (const auto& name : *wanted)
      run.changes().record(event_kind::signal_awaited, t, {{"signal", name}});
    timeout_.sleep(run, t);
  }

  void wake(transition_builder& run, token& t) const override {
    const auto wanted = wanted_by(run.state(), t, run.node_of(t));
    if (!wanted) return run.failures().fail_step(t, wanted.error());
    take(run, t, *wanted);
  }

  void on_timer(transition_builder& run, token& t) const override {
    std::string all;
    for (const auto& name : awaited_by(run.state(), t, run.node_of(t)))
      all += (all.empty() ? "\"" : ", \"") + name + "\"";
    timeout_.expire(run, t, "no signal " + all + " arrived in time");
  }

  std::span<const std::string> awaited_signals() const noexcept override {
    return names_.empty() ? name_.possible() : std::span<const std::string>{names_};
  }
  std::vector<std::string> awaited_by(const run_state& run, const token& t,
                                      const compiled_node& place) const override {
    auto wanted = wanted_by(run, t, place);
    return wanted ? *std::move(wanted) : std::vector<std::string>{};
  }
  bool filters_signals() const noexcept override { return when_ || name_.is_computed(); }

 private:
  static std::vector<std::string> read_names(const data_reader& data) {
    if (data.find("names") == nullptr) return {};
    auto names = data.texts("names");
    if (names.empty() || names.size() > max_names)
      data.fail("names", "out_of_range",
                "\"names\" must be an array of 1 to " + std::to_string(max_names) + " names");
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (const auto valid = check_signal_type(names[i]); !valid)
        data.fail("names", "bad_signal_name", valid.error().message);
      if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
          names.begin() + static_cast<std::ptrdiff_t>(i))
        data.fail("names", "contradiction", "\"names\" has " + pawl::quoted(names[i]) + " twice");
    }
    return names;
  }

  /// The types that a token waits for. Errors: those of the rule that computes the name.
  [[nodiscard]] result<std::vector<std::string>> wanted_by(const run_state& run, const token& t,
                                                           const compiled_node& place) const {
    if (!names_.empty()) return names_;
    auto name = name_.choose(run, t, place.id);
    if (!name) return std::move(name).error();
    return std::vector<std::string>{*std::move(name)};
  }

  /// Claims the oldest signal that fits. Returns whether the token has moved on.
  bool take(transition_builder& run, token& t, const std::vector<std::string>& wanted) const {
    const std::string* first = nullptr;
    std::uint64_t number = 0;
    for (const auto& name : wanted) {
      const auto found = find_fitting(run, t, name, when_);
      if (found == 0 || (first != nullptr && found > number)) continue;
      first = &name;
      number = found;
    }
    if (first == nullptr) return false;
    const json signal(*first);
    json raw = run.signals().claim(t, number);
    // Of several, the result says which one came.
    if (!names_.empty() && !result_.has_rule())
      raw = json{{"signal", signal}, {"payload", std::move(raw)}};
    if (result_.keep(run, t, std::move(raw), &signal)) run.branches().leave(t);
    return true;
  }

  std::vector<std::string> names_;  ///< of several
  chosen_name name_;                ///< of one
  std::optional<logic::rule> when_;
  step_result result_;
  wait_timeout timeout_;
};

constexpr std::array<std::string_view, 8> signal_keys = {"name",    "names", "allow",  "when",
                                                         "timeout", "until", "result", "into"};

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
