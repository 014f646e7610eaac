#pragma once

#include <string>

#include "flow/definition/definition.hpp"

namespace pawl::cli {

/// A flow as a flowchart of Mermaid (https://mermaid.js.org/syntax/flowchart.html).
[[nodiscard]] std::string mermaid_of(const flow::definition& of);

/// A flow as a graph in the DOT language of Graphviz (https://graphviz.org/doc/info/lang.html).
[[nodiscard]] std::string dot_of(const flow::definition& of);

}  // namespace pawl::cli
