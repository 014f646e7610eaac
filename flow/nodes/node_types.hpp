#pragma once

#include <array>

#include "flow/nodes/node.hpp"

namespace pawl::flow {

// A new node type: its own file here, its two words below, its page in docs/.
extern const node_type condition_type, end_type, fail_type, http_type, interrupt_type, join_type,
    map_type, parallel_type, set_type, signal_type, start_type, subflow_type, task_type, wait_type;

inline constexpr std::array all_node_types = {
    &condition_type, &end_type, &fail_type,   &http_type,  &interrupt_type, &join_type, &map_type,
    &parallel_type,  &set_type, &signal_type, &start_type, &subflow_type,   &task_type, &wait_type};

}  // namespace pawl::flow
