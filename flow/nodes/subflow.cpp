#include <array>

#include "flow/nodes/call.hpp"
#include "flow/nodes/node_types.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 10> subflow_keys = {
    "flow",  "allow",   "version",       "input",      "into",
    "retry", "timeout", "total_timeout", "compensate", "result"};

call_plan read_child(const data_reader& data) {
  call_plan plan;
  child_plan child;
  child.flow = chosen_name{data, "flow", "bad_name", [](const std::string& name) -> result<void> {
                             auto flow = parse_flow_name(name);
                             if (!flow) return std::move(flow).error();
                             return {};
                           }};
  if (const auto wanted = data.text("version", false)) {
    if (const auto version = parse_version_range(*wanted)) {
      child.version = *version;
    } else {
      data.fail("version", "bad_version", version.error().message);
    }
  }
  child.input = data.value_unless_null("input", false);
  if (const json* const input = data.find("input"); input != nullptr && !input->is_object()) {
    data.fail("input", "wrong_type", "\"input\" must be an object, or a rule that returns one");
  }
  plan.child = std::move(child);
  plan.retry = read_retry_policy(data);
  plan.timeout = {data, "timeout"};
  plan.total_timeout = {data, "total_timeout"};
  return plan;
}

}  // namespace

/// Runs another flow as a child run and waits for its end. The child's data is the result of the
/// step and its error is the step's error. When the parent ends, its child is cancelled.
const node_type subflow_type{
    .name = "subflow",
    .keys = subflow_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<call_node>(data, read_child(data));
    },
};

}  // namespace pawl::flow
