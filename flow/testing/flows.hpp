#pragma once

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/assert.hpp>

#include "flow/definition/compiled.hpp"

/// Short notation of flows, for tests.
namespace pawl::flow::testing {

inline json node_of(std::string id, std::string type, json data = json::object()) {
  return {{"id", std::move(id)}, {"type", std::move(type)}, {"data", std::move(data)}};
}
inline json start(std::string id = "start") {
  return node_of(std::move(id), "start");
}
inline json end(std::string id = "end") {
  return node_of(std::move(id), "end");
}
/// A task that calls "test." and its own id; `more` goes into its data.
inline json task(std::string id, json more = json::object()) {
  more["code_ref"] = "test." + id;
  return node_of(std::move(id), "task", std::move(more));
}
inline json condition(std::string id, json expr, json more = json::object()) {
  more["expr"] = std::move(expr);
  return node_of(std::move(id), "condition", std::move(more));
}

inline json edge(std::string source, std::string target) {
  return {{"source", std::move(source)}, {"target", std::move(target)}};
}
inline json edge(std::string source, std::string target, json when) {
  json made = edge(std::move(source), std::move(target));
  made["data"]["when"] = std::move(when);
  return made;
}

/// An edge of a special kind: "on_error", "on_timeout", "each", "body".
inline json edge_on(const char* kind, std::string source, std::string target, json value = true) {
  json made = edge(std::move(source), std::move(target));
  made["data"][kind] = std::move(value);
  return made;
}

/// The rule that reads a variable.
inline json var(std::string path) {
  return json::object({{"var", std::move(path)}});
}

inline json flow_of(std::vector<json> nodes, std::vector<json> edges) {
  return {{"name", "test"}, {"nodes", std::move(nodes)}, {"edges", std::move(edges)}};
}

/// A chain of nodes, each with one plain edge to the next.
inline json chain(std::vector<json> nodes) {
  std::vector<json> edges;
  for (std::size_t i = 1; i < nodes.size(); ++i)
    edges.push_back(edge(nodes[i - 1].at("id"), nodes[i].at("id")));
  return flow_of(std::move(nodes), std::move(edges));
}

inline constexpr version test_version{1, 0, 0};

/// Compiles a flow that must be valid; an invalid one ends the test program.
inline std::shared_ptr<const compiled_flow> compiled(const json& source,
                                                     const limits& allowed = {}) {
  auto made = compile(source, test_version, allowed).flow_or_error();
  PAWL_ASSERT(made, made ? "" : made.error().message.c_str());
  return *made;
}

/// The diagnostics of one level as "pointer code", in the order found.
inline std::vector<std::string> codes(const std::vector<diagnostic>& diagnostics,
                                      severity level = severity::error) {
  std::vector<std::string> found;
  for (const auto& f : diagnostics)
    if (f.level == level) found.push_back(f.pointer + " " + f.code);
  return found;
}

inline std::vector<std::string> errors_of(const json& source, const limits& allowed = {}) {
  return codes(compile(source, test_version, allowed).diagnostics);
}
inline std::vector<std::string> warnings_of(const json& source) {
  return codes(compile(source, test_version, {}).diagnostics, severity::warning);
}

/// The message of the first diagnostic with that code, or "".
inline std::string message_of(const json& source, std::string_view code,
                              const limits& allowed = {}) {
  for (const auto& f : compile(source, test_version, allowed).diagnostics)
    if (f.code == code) return f.message;
  return {};
}

inline bool mentions(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

}  // namespace pawl::flow::testing
