#include <array>
#include <utility>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node_types.hpp"
#include "flow/nodes/step_result.hpp"
#include "flow/nodes/timeout.hpp"

namespace pawl::flow {
namespace {

/// Asks a question (human task) and continues with the answer.
class interrupt_node final : public node {
 public:
  explicit interrupt_node(const data_reader& data)
      : question_(data.value("question", true).value_or(logic::value_template{})),
        result_(data),
        timeout_(data),
        schema_(data.schema("schema")) {}

  void enter(transition_builder& run, token& t) const override {
    run.changes().record(event_kind::step_started, t);
    auto question = run.data().evaluate(t, question_);
    if (!question) return run.failures().fail_step(t, question.error());
    if (timeout_.sleep(run, t)) run.waits().ask(t, *std::move(question));
  }

  const json_schema* answer_schema() const noexcept override {
    return schema_ ? &*schema_ : nullptr;
  }

  void answer(transition_builder& run, token& t, json value) const override {
    if (!result_.keep(run, t, std::move(value))) return;
    run.changes().record(event_kind::step_finished, t, {{"us", 0}});
    run.branches().leave(t);
  }

  void on_timer(transition_builder& run, token& t) const override {
    timeout_.expire(run, t, "the question was not answered in time");
  }

 private:
  logic::value_template question_;
  step_result result_;
  wait_timeout timeout_;
  std::optional<json_schema> schema_;
};

constexpr std::array<std::string_view, 6> interrupt_keys = {"question", "schema",  "into",
                                                            "result",   "timeout", "until"};

}  // namespace

const node_type interrupt_type{
    .name = "interrupt",
    .keys = interrupt_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<interrupt_node>(data);
    },
    .times_out = true,
};

}  // namespace pawl::flow
