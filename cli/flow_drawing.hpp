#pragma once

#include <cstddef>
#include <string>

#include "flow/definition/definition.hpp"

namespace pawl::cli {

/// A flow as a flowchart of Mermaid (https://mermaid.js.org/syntax/flowchart.html).
[[nodiscard]] std::string mermaid_of(const flow::definition& of);

/// A flow as a graph in the DOT language of Graphviz (https://graphviz.org/doc/info/lang.html).
[[nodiscard]] std::string dot_of(const flow::definition& of);

/// A flow as a picture in SVG 1.1, with the layout of the console. Follows the colour scheme of the
/// viewer.
[[nodiscard]] std::string svg_of(const flow::definition& of);

/// What a node is called, printable: its label if it has one, else its id.
[[nodiscard]] std::string node_name(const flow::node_definition& node);

/// When an edge is taken, in words, printable and in at most `width` columns; empty if that goes
/// without saying.
[[nodiscard]] std::string edge_label(const flow::edge_definition& edge, std::size_t width);

}  // namespace pawl::cli
