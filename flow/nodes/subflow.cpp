#include <array>

#include "flow/nodes/call.hpp"
#include "flow/nodes/node_types.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 8> subflow_keys = {
    "flow", "version", "input", "into", "retry", "timeout", "total_timeout", "compensate"};

call_plan read_child(const data_reader& data) {
  call_plan plan;
  child_plan child;
  if (const auto name = data.text("flow", true)) {
    if (auto good = parse_flow_name(*name)) {
      child.flow = *std::move(good);
    } else {
      data.fail("flow", "bad_name", good.error().message);
    }
  }
  if (const auto wanted = data.text("version", false)) {
    if (const auto good = parse_version(*wanted)) {
      child.version = *good;
    } else {
      data.fail("version", "bad_version", good.error().message);
    }
  }
  child.input = data.rule_unless_null("input", false);
  if (const json* const input = data.find("input"); input != nullptr && !input->is_object()) {
    data.fail("input", "wrong_type",
              "\"input\" must be an object, or a rule that gives one: a run begins with it");
  }
  plan.child = std::move(child);
  plan.retry = read_retry_policy(data);
  plan.timeout = data.duration("timeout").value_or(std::chrono::milliseconds{0});
  plan.total_timeout = data.duration("total_timeout").value_or(std::chrono::milliseconds{0});
  return plan;
}

}  // namespace

/// Runs another flow as a run of its own and waits for its end. Its data is the result, its error
/// the step's; what cancels or fails this run cancels that one.
const node_type subflow_type{
    .name = "subflow",
    .keys = subflow_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<call_node>(data, read_child(data));
    },
};

}  // namespace pawl::flow
