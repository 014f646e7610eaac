#include "cli/flow_drawing.hpp"

#include <map>
#include <string_view>

#include "cli/rule_text.hpp"
#include "cli/text.hpp"
#include "flow/definition/flow_section.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t max_label = 60;

/// Replaces characters that mean something in a notation. `of`: the replacement, or null.
template <class Replace>
std::string escaped(std::string_view text, Replace of) {
  std::string made;
  for (const char c : text) {
    if (const char* const other = of(c))
      made += other;
    else
      made += c;
  }
  return made;
}

std::string mermaid_text(std::string_view text) {
  return escaped(printable(text), [](char c) -> const char* {
    switch (c) {
      case '"':
        return "#quot;";
      case '#':
        return "#35;";
      case '<':
        return "#lt;";
      case '>':
        return "#gt;";
      default:
        return nullptr;
    }
  });
}

std::string dot_text(std::string_view text) {
  return escaped(printable(text), [](char c) -> const char* {
    return c == '"' ? "\\\"" : c == '\\' ? "\\\\" : nullptr;
  });
}

/// The shape of a node in both notations.
struct shape {
  std::string_view open, close;  ///< of Mermaid
  std::string_view dot;
};

shape shape_of(std::string_view type) {
  if (type == "condition") return {"{\"", "\"}", "diamond"};
  if (type == "start" || type == "end" || type == "fail") return {"([\"", "\"])", "oval"};
  if (type == "wait" || type == "signal" || type == "interrupt" || type == "await")
    return {"{{\"", "\"}}", "hexagon"};
  if (type == "subflow" || type == "map") return {"[[\"", "\"]]", "component"};
  if (type == "parallel" || type == "join") return {"[/\"", "\"/]", "trapezium"};
  return {"[\"", "\"]", "box"};
}

/// What must happen before an edge is taken; empty for an edge that follows its node.
std::string event_of(const flow::edge_definition& edge) {
  if (!edge.on.empty()) return "on " + edge.on;
  if (edge.on_timeout) return "on timeout";
  if (edge.each) return "each item";
  if (edge.body) return "body";
  if (!edge.on_error) return {};
  std::string text = "on error";
  for (const auto& type : *edge.on_error)
    text += (&type == edge.on_error->data() ? " " : ", ") + type;
  return text;
}

/// Names of nodes that need no escapes.
std::map<std::string_view, std::string> numbered(const flow::definition& of) {
  std::map<std::string_view, std::string> names;
  for (const auto& node : of.nodes) names.emplace(node.id, "n" + std::to_string(names.size()));
  return names;
}

}  // namespace

std::string node_name(const flow::node_definition& node) {
  if (flow::is_flow_section(node)) return "flow";
  const auto label = node.data.find("label");
  const bool has_label = label != node.data.end() && label->is_string() && !label->empty();
  const std::string name = has_label ? label->get<std::string>() : std::string{};
  return printable(name.empty() ? node.id : name);
}

std::string edge_label(const flow::edge_definition& edge, std::size_t width) {
  std::string label = event_of(edge);
  if (edge.when && label.empty() && edge.when->is_boolean()) {
    label = edge.when->get<bool>() ? "yes" : "no";
  } else if (edge.when) {
    label += (label.empty() ? "if " : " if ") + rule_text(*edge.when);
  }
  return fit(printable(label), width, "…");
}

std::string mermaid_of(const flow::definition& of) {
  const auto names = numbered(of);
  std::string text = "flowchart TD\n";
  for (const auto& node : of.nodes) {
    const auto drawn = shape_of(node.type);
    text += "  " + names.at(node.id);
    text += drawn.open;
    text += mermaid_text(node_name(node)) + "<br><small>" + mermaid_text(node.type) + "</small>";
    text += drawn.close;
    text += "\n";
  }
  for (const auto& edge : of.edges) {
    const std::string label = edge_label(edge, max_label);
    text += "  " + names.at(edge.source) + " -->";
    if (!label.empty()) text += "|\"" + mermaid_text(label) + "\"|";
    text += " " + names.at(edge.target) + "\n";
  }
  return text;
}

std::string dot_of(const flow::definition& of) {
  const auto names = numbered(of);
  std::string text = "digraph \"" + dot_text(of.name) + "\" {\n  node [fontname=\"sans-serif\"];\n";
  for (const auto& node : of.nodes) {
    text += "  " + names.at(node.id) + " [shape=";
    text += shape_of(node.type).dot;
    text += ", label=\"" + dot_text(node_name(node)) + "\\n" + dot_text(node.type) + "\"];\n";
  }
  for (const auto& edge : of.edges) {
    const std::string label = edge_label(edge, max_label);
    text += "  " + names.at(edge.source) + " -> " + names.at(edge.target) + " [label=\"" +
            dot_text(label) + "\"];\n";
  }
  return text + "}\n";
}

}  // namespace pawl::cli
