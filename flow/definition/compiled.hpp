#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/definition/definition.hpp"
#include "flow/definition/schema.hpp"
#include "flow/logic/logic.hpp"
#include "flow/machine/state.hpp"

namespace pawl::flow {

class node;

/// An edge ready to be followed.
struct compiled_edge {
  node_index target = 0;
  std::uint32_t order = 0;          ///< place among its source's edges as written
  std::optional<logic::rule> when;  ///< none on a plain edge and on one that `follows` a condition
  std::optional<bool> follows;      ///< taken when the condition node before it gave this
  std::vector<std::string> errors;  ///< of an edge on_error: the classes; all where it is empty
  std::string into;                 ///< of an edge on_error: where the error is put
};

/// A node ready to be visited.
struct compiled_node {
  std::string id;
  std::string type;
  std::uint32_t max_visits = 0;
  std::unique_ptr<const node> behaviour;
  std::vector<compiled_edge> conditional;  ///< in the order written: the first true one is taken
  std::vector<compiled_edge> plain;        ///< all are taken (a fork) where no conditional one is
  std::vector<compiled_edge> on_error;     ///< in the order written: the first that matches
  std::optional<compiled_edge> on_timeout;
  std::optional<compiled_edge> each;
  /// Of a join: the forks whose branches meet here, sorted.
  std::vector<node_index> closes;

  /// The forks that a token is behind when its branch has been joined here: the outermost fork
  /// whose branches meet here is closed, with all inside. None: there is nothing to join.
  [[nodiscard]] std::optional<std::size_t> closed_depth(const token& t) const;
};

/// Visits the nodes that an edge of this one leads to, but not what it does with the items of a
/// map: an item is no branch of a fork before the map.
template <class Visit>
void for_each_target(const compiled_node& node, Visit&& visit) {
  for (const auto& edge : node.conditional) visit(edge.target);
  for (const auto& edge : node.plain) visit(edge.target);
  for (const auto& edge : node.on_error) visit(edge.target);
  if (node.on_timeout) visit(node.on_timeout->target);
}

/// A valid flow, with names resolved and rules compiled. Immutable; shared by all its runs and
/// threads.
class compiled_flow {
 public:
  compiled_flow(flow_version_id id, limits allowed, std::vector<compiled_node> nodes,
                node_index entry, std::optional<json_schema> input);
  ~compiled_flow();
  compiled_flow(const compiled_flow&) = delete;
  compiled_flow& operator=(const compiled_flow&) = delete;

  [[nodiscard]] const flow_version_id& id() const noexcept { return id_; }
  [[nodiscard]] const limits& allowed() const noexcept { return allowed_; }
  [[nodiscard]] const std::vector<compiled_node>& nodes() const noexcept { return nodes_; }
  [[nodiscard]] const compiled_node& at(node_index i) const { return nodes_.at(i); }
  [[nodiscard]] node_index entry() const noexcept { return entry_; }
  /// What a run's input must look like; none: any object.
  [[nodiscard]] const std::optional<json_schema>& input() const noexcept { return input_; }
  /// Every `code_ref` its nodes call, to undo a step as well; sorted, without repeats.
  [[nodiscard]] std::vector<std::string> code_refs() const;

 private:
  flow_version_id id_;
  limits allowed_;
  std::vector<compiled_node> nodes_;
  node_index entry_;
  std::optional<json_schema> input_;
};

/// A definition, everything that is wrong with it, and what can be run if nothing is.
struct compilation {
  definition source;
  std::vector<diagnostic> diagnostics;        ///< all at once; warnings among them
  std::shared_ptr<const compiled_flow> flow;  ///< null if a diagnostic is an error

  /// `flow`, or an `invalid_flow` error with every diagnostic.
  [[nodiscard]] result<std::shared_ptr<const compiled_flow>> flow_or_error() const;
};

/// Checks everything about a flow definition (its shape, each node by its type, each rule, the
/// graph) and makes it runnable.
[[nodiscard]] compilation compile(const json& source, version v, const limits& allowed);

}  // namespace pawl::flow
