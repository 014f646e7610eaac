#include <array>
#include <cstdint>
#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/fitting_signal.hpp"
#include "flow/nodes/node_types.hpp"
#include "flow/nodes/step_result.hpp"
#include "flow/nodes/timeout.hpp"

namespace pawl::flow {
namespace {

constexpr std::string_view answer_event = "answer";
constexpr std::size_t max_events = 100;

/// One of the events that a node waits for: a signal, or the answer to its question.
struct awaited_event {
  std::string name;    ///< for edges
  std::string signal;  ///< its type; "": the answer
  std::optional<logic::rule> when;
  step_result result;
};

/// Waits for the first of several events: signals, and the answer to a question.
class await_node final : public node {
 public:
  explicit await_node(const data_reader& data) : timeout_(data) {
    constexpr std::array<std::string_view, 7> keys = {"signal", "answer", "schema", "as",
                                                      "when",   "into",   "result"};
    const auto events = data.each_within("for", keys);
    if (events.empty() || events.size() > max_events) {
      data.fail("for", "out_of_range",
                "\"for\" must be an array of 1 to " + std::to_string(max_events) +
                    R"( events: {"signal": NAME} or {"answer": QUESTION})");
    }
    for (const data_reader& each : events) read_event(each);
  }

  void enter(transition_builder& run, token& t) const override {
    run.changes().record(event_kind::step_started, t);
    if (take(run, t)) return;
    for (const auto& signal : signals_)
      run.changes().record(event_kind::signal_awaited, t, {{"signal", signal}});
    if (!question_) {
      timeout_.sleep(run, t);
      return;
    }
    auto question = run.data().evaluate(t, *question_);
    if (!question) return run.failures().fail_step(t, question.error());
    if (timeout_.sleep(run, t)) run.waits().ask(t, *std::move(question));
  }

  void wake(transition_builder& run, token& t) const override { take(run, t); }

  const json_schema* answer_schema() const noexcept override {
    return schema_ ? &*schema_ : nullptr;
  }
  void answer(transition_builder& run, token& t, json value) const override {
    for (const auto& event : events_)
      if (event.signal.empty()) return finish(run, t, event, std::move(value));
  }

  void on_timer(transition_builder& run, token& t) const override {
    timeout_.expire(run, t, "none of the awaited events happened in time");
  }

  std::span<const std::string> awaited_signals() const noexcept override { return signals_; }
  bool filters_signals() const noexcept override { return filters_; }
  std::vector<std::string_view> events() const override {
    std::vector<std::string_view> names;
    for (const auto& event : events_) names.push_back(event.name);
    return names;
  }

 private:
  void read_event(const data_reader& from) {
    const auto signal = from.text("signal", false);
    const bool is_answer = from.find("answer") != nullptr;
    if (is_answer == signal.has_value())
      return from.fail("signal", "contradiction",
                       R"(an event is either {"signal": NAME} or {"answer": QUESTION})");
    awaited_event event{{}, signal.value_or(""), from.condition("when", false), step_result{from}};
    event.name =
        from.text("as", false).value_or(is_answer ? std::string{answer_event} : event.signal);
    for (const auto& other : events_) {
      if (is_answer && other.signal.empty())
        from.fail("answer", "contradiction", "a node asks at most one question");
      else if (other.name == event.name)
        from.fail("as", "contradiction",
                  "two events have the name " + pawl::quoted(event.name) +
                      ": give one of them another by \"as\"");
    }
    if (is_answer) {
      question_ = from.value("answer", true);
      schema_ = from.schema("schema");
      if (from.find("when") != nullptr)
        from.fail("when", "contradiction", "an answer is checked by its \"schema\"");
    } else {
      if (from.find("schema") != nullptr)
        from.fail("schema", "contradiction",
                  "a signal is checked by \"when\"; \"schema\" is of an answer");
      if (const auto valid = check_signal_type(event.signal); !valid)
        from.fail("signal", "bad_signal_name", valid.error().message);
      if (std::find(signals_.begin(), signals_.end(), event.signal) == signals_.end())
        signals_.push_back(event.signal);
    }
    filters_ = filters_ || event.when;
    events_.push_back(std::move(event));
  }

  /// Claims the oldest signal that is one of the events. Returns whether the token has moved on.
  bool take(transition_builder& run, token& t) const {
    const awaited_event* first = nullptr;
    std::uint64_t number = 0;
    for (const auto& event : events_) {
      if (event.signal.empty()) continue;
      const auto found = find_fitting(run, t, event.signal, event.when);
      if (found == 0 || (first != nullptr && found > number)) continue;
      first = &event;
      number = found;
    }
    if (first == nullptr) return false;
    run.status().wake();
    finish(run, t, *first, run.signals().claim(t, number));
    return true;
  }

  void finish(transition_builder& run, token& t, const awaited_event& event, json value) const {
    t.question.reset();
    if (!event.result.keep(run, t, std::move(value))) return;
    run.changes().record(event_kind::step_finished, t, {{"us", 0}});
    run.branches().leave_by(t, event.name);
  }

  std::vector<awaited_event> events_;
  std::vector<std::string> signals_;  ///< the types of all, without duplicates
  bool filters_ = false;
  std::optional<logic::value_template> question_;
  std::optional<json_schema> schema_;
  wait_timeout timeout_;
};

constexpr std::array<std::string_view, 3> await_keys = {"for", "timeout", "until"};

}  // namespace

const node_type await_type{
    .name = "await",
    .keys = await_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<await_node>(data);
    },
    .times_out = true,
    .has_events = true,
};

}  // namespace pawl::flow
