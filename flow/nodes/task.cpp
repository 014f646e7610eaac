#include <array>

#include "flow/nodes/call.hpp"
#include "flow/nodes/node_types.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 15> task_keys = {
    "code_ref",   "allow",         "args",        "with",   "into",     "result",
    "timeout",    "total_timeout", "retry",       "effect", "in_doubt", "heartbeat_timeout",
    "compensate", "queue",         "allow_queues"};

}  // namespace

const node_type task_type{
    .name = "task",
    .keys = task_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<call_node>(data, read_call(data));
    },
};

}  // namespace pawl::flow
