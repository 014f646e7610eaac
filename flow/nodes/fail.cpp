#include <array>
#include <utility>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/node_types.hpp"
#include "flow/values/error_text.hpp"

namespace pawl::flow {
namespace {

/// Fails the run with an error that the flow defines.
class fail_node final : public node {
 public:
  fail_node(std::string type, logic::value_template message)
      : type_(std::move(type)), message_(std::move(message)) {}

  void enter(transition_builder& run, token& t) const override {
    run.changes().record(event_kind::step_started, t);
    const auto message = run.data().evaluate(t, message_);
    if (!message) return run.failures().fail_step(t, message.error());
    const std::string text =
        message->is_string() ? message->get_ref<const std::string&>() : message->dump();
    run.failures().fail_step(t, {errc::function_failed, error_message(text), type_});
  }

 private:
  std::string type_;
  logic::value_template message_;
};

constexpr std::array<std::string_view, 2> fail_keys = {"error", "message"};

}  // namespace

const node_type fail_type{
    .name = "fail",
    .keys = fail_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<fail_node>(
          data.text("error", false).value_or("failed"),
          data.value("message", true).value_or(logic::value_template{}));
    },
    .ends_branch = true,
    .may_fail = true,
};

}  // namespace pawl::flow
