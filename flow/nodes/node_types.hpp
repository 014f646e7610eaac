#pragma once

#include <array>
#include <string_view>

#include "flow/nodes/node.hpp"

namespace pawl::flow {

extern const node_type await_type, condition_type, end_type, fail_type, http_type, interrupt_type,
    join_type, map_type, parallel_type, section_type, set_type, signal_type, start_type,
    subflow_type, task_type, wait_type;

/// A row of the table of node types.
struct node_type_row {
  const node_type* type;     ///< defined in flow/nodes/NAME.cpp, described in docs/nodes/NAME.md
  std::string_view example;  ///< minimal `data` of a node, for tests
};

/// The table of node types, sorted by name. To add a type, follow flow/nodes/README.md;
/// node_types.test.cpp names every place that is missing.
inline constexpr std::array node_type_table = {
    node_type_row{&await_type, R"({"for": [{"signal": "paid"}, {"signal": "cancelled"}]})"},
    node_type_row{&condition_type, R"({"expr": {"var": "approved"}})"},
    node_type_row{&end_type, R"({})"},
    node_type_row{&fail_type, R"({"message": "out of stock"})"},
    node_type_row{&http_type, R"({"url": "https://api.example.com/orders"})"},
    node_type_row{&interrupt_type, R"({"question": "Approve?"})"},
    node_type_row{&join_type, R"({})"},
    node_type_row{&map_type, R"({"items": {"var": "orders"}})"},
    node_type_row{&parallel_type, R"({})"},
    node_type_row{&section_type, R"({"timeout": "1h"})"},
    node_type_row{&set_type, R"({"values": {"total": {"+": [1, 2]}}})"},
    node_type_row{&signal_type, R"({"name": "paid"})"},
    node_type_row{&start_type, R"({})"},
    node_type_row{&subflow_type, R"({"flow": "billing"})"},
    node_type_row{&task_type, R"({"code_ref": "core.echo"})"},
    node_type_row{&wait_type, R"({"duration": "5m"})"},
};

}  // namespace pawl::flow
