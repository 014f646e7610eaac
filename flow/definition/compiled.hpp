#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "flow/definition/attributes.hpp"
#include "flow/definition/definition.hpp"
#include "flow/definition/input_defaults.hpp"
#include "flow/definition/origin.hpp"
#include "flow/definition/written_places.hpp"
#include "flow/logic/logic.hpp"
#include "flow/logic/value_template.hpp"
#include "flow/machine/state.hpp"
#include "flow/schema/schema.hpp"

namespace pawl::flow {

class node;

/// A compiled edge.
struct compiled_edge {
  node_index target = 0;
  std::uint32_t order = 0;  ///< position among the edges of its source
  /// None on a plain edge and on one with `follows`. Of an on_error edge: it also reads `error`.
  std::optional<logic::rule> when;
  std::optional<bool> follows;      ///< taken when its condition node evaluated to this
  std::vector<std::string> errors;  ///< of an on_error edge: error classes; empty: all
  std::string into;                 ///< of an on_error edge: key that receives the error
  std::string event = {};           ///< of an `on` edge: the event after which it is taken
};

/// A compiled node.
struct compiled_node {
  std::string id;
  std::string type;
  std::uint32_t max_visits = 0;
  bool reads_time = false;  ///< a rule of the node or of its edges may read `now`
  std::unique_ptr<const node> behaviour;
  std::vector<compiled_edge> conditional;  ///< in source order; the first that is true is taken
  std::vector<compiled_edge> plain;        ///< all taken (a fork) if no conditional edge is
  std::vector<compiled_edge> on_error;     ///< in source order; the first that matches is taken
  std::vector<compiled_edge> on_event;     ///< at most one for each event
  std::optional<compiled_edge> on_timeout;
  std::optional<compiled_edge> each;  ///< into the items of a map, or the body of a section
  /// Of a join: the forks that it closes, sorted.
  std::vector<node_index> closes;

  /// Returns how many of its forks a token is still inside after it has been joined here: the
  /// outermost fork that this join closes ends, with all forks inside it. None: the join closes
  /// none of the token's forks.
  [[nodiscard]] std::optional<std::size_t> closed_depth(const token& t) const;
};

/// Visits the targets of a node's edges, except of `each`: the items of a map, or the body of a
/// section, are not branches of a fork before it.
template <class Visit>
void for_each_target(const compiled_node& node, Visit&& visit) {
  for (const auto& edge : node.conditional) visit(edge.target);
  for (const auto& edge : node.plain) visit(edge.target);
  for (const auto& edge : node.on_error) visit(edge.target);
  for (const auto& edge : node.on_event) visit(edge.target);
  if (node.on_timeout) visit(node.on_timeout->target);
}

/// A valid flow with resolved names and compiled rules. Immutable; shared by its runs; safe for
/// concurrent use.
class compiled_flow {
 public:
  compiled_flow(flow_version_id id, limits limits, std::vector<compiled_node> nodes,
                node_index entry, std::optional<json_schema> input, input_defaults defaults,
                std::optional<logic::value_template> output,
                std::optional<logic::value_template> vars,
                std::vector<declared_attribute> attributes);
  ~compiled_flow();
  compiled_flow(const compiled_flow&) = delete;
  compiled_flow& operator=(const compiled_flow&) = delete;

  [[nodiscard]] const flow_version_id& id() const noexcept { return id_; }
  [[nodiscard]] const limits& allowed() const noexcept { return limits_; }
  [[nodiscard]] const std::vector<compiled_node>& nodes() const noexcept { return nodes_; }
  [[nodiscard]] const compiled_node& at(node_index i) const { return nodes_.at(i); }
  [[nodiscard]] node_index entry() const noexcept { return entry_; }
  /// The index of a node; none if there is no node of this name.
  [[nodiscard]] std::optional<node_index> find(std::string_view node) const noexcept;
  /// The nodes that wait for signals of a type, ascending.
  [[nodiscard]] std::span<const node_index> awaiting(std::string_view signal) const noexcept;
  /// The types of signals that its nodes wait for, sorted.
  [[nodiscard]] std::vector<std::string_view> awaited_signals() const;
  /// Schema of a run's input; none: any object.
  [[nodiscard]] const std::optional<json_schema>& input() const noexcept { return input_; }
  /// What an input gets that lacks it.
  [[nodiscard]] const input_defaults& defaults() const noexcept { return defaults_; }
  /// Whether a section or a join compensates steps, or makes them final, while the run goes on.
  [[nodiscard]] bool compensates_parts() const noexcept { return compensates_parts_; }
  /// What a completed run gives; none: its data.
  [[nodiscard]] const std::optional<logic::value_template>& output() const noexcept {
    return output_;
  }
  /// What a run computes when it starts, an object; none: nothing.
  [[nodiscard]] const std::optional<logic::value_template>& vars() const noexcept { return vars_; }
  /// The attributes of its runs that it declares, by name.
  [[nodiscard]] std::span<const declared_attribute> attributes() const noexcept {
    return attributes_;
  }
  /// The `code_ref`s that its nodes call, compensations included; sorted, without duplicates.
  [[nodiscard]] std::vector<std::string> code_refs() const;

 private:
  flow_version_id id_;
  limits limits_;
  std::vector<compiled_node> nodes_;
  node_index entry_;
  std::optional<json_schema> input_;
  input_defaults defaults_;
  std::optional<logic::value_template> output_;
  std::optional<logic::value_template> vars_;
  std::vector<declared_attribute> attributes_;
  std::map<std::string, std::vector<node_index>, std::less<>> awaiting_;  ///< nodes by signal
  std::unordered_map<std::string_view, node_index> by_name_;
  bool compensates_parts_ = false;
};

/// The result of compiling a definition.
struct compilation {
  definition source;                          ///< its places are those of the long form
  written_places places;                      ///< of a definition in another form
  std::vector<diagnostic> diagnostics;        ///< errors and warnings, with places as written
  std::shared_ptr<const compiled_flow> flow;  ///< null if a diagnostic is an error

  /// Returns `flow`, or an `invalid_flow` error with every diagnostic.
  [[nodiscard]] result<std::shared_ptr<const compiled_flow>> flow_or_error() const;
};

/// Checks a flow definition (its structure, nodes, rules, schemas and graph) and compiles it. The
/// definition may be in the long or the short form, see flow/definition/short_form.hpp, or in that
/// of the previous engine, see flow/definition/old_form.hpp; that is compiled and stored as the
/// long form that it is translated to. Of a
/// `stored` definition, malformed JSON Schemas are warnings: see `json_schema::compile`.
[[nodiscard]] compilation compile(const json& source, version v, const limits& limits,
                                  definition_origin origin = definition_origin::given);

}  // namespace pawl::flow
