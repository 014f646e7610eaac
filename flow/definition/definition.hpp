#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "flow/values/parse_json.hpp"

namespace pawl::flow {

/// A node of a definition. `data` holds the settings of its type, under canonical keys.
struct node_definition {
  std::string id;
  std::string type;
  json data = json::object();  ///< with the defaults of its type
  /// `data` without them; none if there are none.
  std::optional<json> own_data = {};
  std::string pointer;                    ///< position in the source, for diagnostics
  std::string code_ref_key = "code_ref";  ///< spelling of that key in the source, for diagnostics
  /// The same for the `code_ref` of `compensate`.
  std::string compensate_code_ref_key = "code_ref";

  friend bool operator==(const node_definition&, const node_definition&) = default;
};

/// Returns the JSON pointer of a key of a node's `data`: in the node, or in the defaults of its
/// type.
[[nodiscard]] std::string data_pointer(const node_definition& node, std::string_view key);

/// An edge of a definition. `when` is a JSONLogic rule; a plain edge has none. On an edge from a
/// condition node a literal `true` or `false` is compared with the result of the condition.
struct edge_definition {
  std::string source;
  std::string target;
  std::optional<json> when;
  std::string pointer;
  std::string when_pointer = {};  ///< position of `when` in the source
  bool negated = false;           ///< `when` is a legacy `condition` that the parser put inside "!"
  /// Taken when the step of the node fails with one of these classes; empty list: with any class.
  /// With `when`: if the rule is true, too.
  std::optional<std::vector<std::string>> on_error = {};
  std::string into = {};  ///< key that receives the error of an `on_error` edge; empty: "error"
  std::string on = {};    ///< taken after this event of an await node; empty: another kind of edge
  bool on_timeout = false;  ///< taken when the wait of the node times out
  bool each = false;        ///< leads to the nodes that a map runs for each item
  bool body = false;        ///< leads to the nodes that a section runs

  /// Whether the edge is taken when its node completes.
  [[nodiscard]] bool is_normal() const noexcept {
    return !on_error && !on_timeout && !leads_inside() && on.empty();
  }

  /// Whether the edge leads to a part of the flow that belongs to its node.
  [[nodiscard]] bool leads_inside() const noexcept { return each || body; }

  friend bool operator==(const edge_definition&, const edge_definition&) = default;
};

/// A flow as its author wrote it, in canonical spelling.
struct definition {
  std::string name;
  std::string description;
  std::vector<node_definition> nodes;
  std::vector<edge_definition> edges;
  std::optional<json> input_schema = {};  ///< JSON Schema of a run's input
  std::optional<json> output = {};        ///< template of what a completed run gives
  std::optional<json> attributes = {};    ///< declarations by name; see attributes.hpp
  std::map<std::string, json> defaults;   ///< `data` of nodes that do not set a key, by type
  std::optional<json> vars = {};          ///< templates by name, computed when a run starts
  std::optional<json> definitions = {};   ///< its own rules by name, see own_rules.hpp
  /// Number of checkpoints that the history of a run keeps; 0: all. None: as the settings say.
  std::optional<std::uint64_t> history = {};

  friend bool operator==(const definition&, const definition&) = default;
};

/// Limits of a definition and of its runs.
struct limits {
  std::size_t max_bytes = 1u << 20;  ///< of the definition's text
  std::uint32_t max_depth = 64;      ///< nesting of its JSON
  std::uint32_t max_nodes = 1000;
  std::uint32_t max_edges = 5000;
  std::uint32_t max_visits = 1000;                  ///< default of nodes without `max_visits`
  std::uint32_t max_tokens = 1000;                  ///< concurrent branches of a run
  std::size_t max_state_bytes = 8u << 20;           ///< of a run's data
  std::uint32_t max_signals = 1000;                 ///< in a run's inbox
  std::size_t max_signal_bytes = 1u << 20;          ///< of one signal's payload
  std::uint32_t max_map_items = 10'000;             ///< of one map
  std::uint32_t max_nesting = 16;                   ///< of runs in subflows
  std::uint32_t max_lost_leases = 5;                ///< of one call, before it fails
  std::uint64_t history_checkpoints = 0;            ///< that a history keeps; 0: all
  bool history_arguments = true;                    ///< whether a history has computed arguments
  std::size_t max_history_value_bytes = 64u << 10;  ///< of an input or output there; more is cut

  friend bool operator==(const limits&, const limits&) = default;
};

/// `history` as a definition writes it: "full" for 0.
[[nodiscard]] inline json history_text(std::uint64_t checkpoints) {
  return checkpoints == 0 ? json("full") : json(checkpoints);
}

/// Checks what every later check relies on: the depth of a definition, its UTF-8 and its size as
/// compact JSON. Safe for values of any depth. After a diagnostic from here, run no other check.
[[nodiscard]] std::optional<diagnostic> check_document(const json& source, const limits& limits);

/// Reads a definition in the format of docs/flow-format.md, legacy spellings included. Appends a
/// diagnostic for each malformed part and leaves that part out. Checks nothing that needs the whole
/// graph.
[[nodiscard]] definition parse_definition(const json& source, std::vector<diagnostic>& diagnostics);

/// The error types that an edge takes, as they are written: true (all; an empty list), a type or an
/// array of types. None if it is malformed.
[[nodiscard]] std::optional<std::vector<std::string>> error_types_of(const json& written);

/// Returns the canonical JSON of a definition. `parse_definition` of it returns an equal
/// definition, except for the positions in the source, which then refer to this JSON.
[[nodiscard]] json to_json(const definition& flow);

}  // namespace pawl::flow
