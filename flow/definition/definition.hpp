#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>

namespace pawl::flow {

/// A node as written. `data` holds what its type reads; canonical key names.
struct node_definition {
  std::string id;
  std::string type;
  json data = json::object();
  std::string pointer;                    ///< where it stood in the source, for diagnostics
  std::string code_ref_key = "code_ref";  ///< how that was spelled there, for diagnostics

  friend bool operator==(const node_definition&, const node_definition&) = default;
};

/// An edge as written. `when` is a JSONLogic rule; none for a plain edge. On an edge that leaves a
/// condition node a literal `true` or `false` means: the condition's result is that.
struct edge_definition {
  std::string source;
  std::string target;
  std::optional<json> when;
  std::string pointer;
  std::string when_pointer = {};  ///< where `when` stood
  bool turned_round = false;      ///< `when` is an old `condition` within a "!" that was not there
  /// Taken when the node's step fails with one of these classes; with any, where the list is empty.
  std::optional<std::vector<std::string>> on_error = {};
  std::string into = {};    ///< where an edge `on_error` puts the error; "error" if empty
  bool on_timeout = false;  ///< taken when what the node waits for does not come in time
  bool each = false;        ///< leads to what a map does with each of its items

  /// Whether it is one of those that are taken when the node has done its work.
  [[nodiscard]] bool is_normal() const noexcept { return !on_error && !on_timeout && !each; }

  friend bool operator==(const edge_definition&, const edge_definition&) = default;
};

/// A flow as its author wrote it, brought to the canonical spelling.
struct definition {
  std::string name;
  std::string description;
  std::vector<node_definition> nodes;
  std::vector<edge_definition> edges;
  std::optional<json> input_schema = {};  ///< JSON Schema of a run's input

  friend bool operator==(const definition&, const definition&) = default;
};

/// What a definition is held to, and its runs after it.
struct limits {
  std::size_t max_bytes = 1u << 20;  ///< of the definition's text
  std::uint32_t max_depth = 64;      ///< nesting of its JSON
  std::uint32_t max_nodes = 1000;
  std::uint32_t max_edges = 5000;
  std::uint32_t max_visits = 1000;          ///< default for nodes that set none
  std::uint32_t max_tokens = 1000;          ///< branches alive at once in a run
  std::size_t max_state_bytes = 8u << 20;   ///< of a run's data
  std::uint32_t max_signals = 1000;         ///< in a run's inbox
  std::size_t max_signal_bytes = 1u << 20;  ///< of one signal's payload
  std::uint32_t max_map_items = 10'000;     ///< that one map goes through
  std::uint32_t max_nesting = 16;           ///< runs inside of each other
  std::uint32_t max_lost_leases = 5;        ///< workers that may be lost over one call

  friend bool operator==(const limits&, const limits&) = default;
};

/// Text to JSON. Errors: `invalid_argument` naming `what`, line and column (from 1, in bytes) and
/// what was wrong there; `limit_exceeded` for too many bytes or too deep a nesting.
[[nodiscard]] result<json> parse_json(std::string_view text, std::string_view what,
                                      std::size_t max_bytes, std::uint32_t max_depth);

/// Checks that a definition can be worked with at all: its depth, that its text is UTF-8, its size
/// as compact JSON. Safe for values of any depth. What it finds makes all other checks pointless.
[[nodiscard]] std::optional<diagnostic> check_document(const json& source, const limits& allowed);

/// Reads the shape of a definition: the format of docs/flow-format.md and the old engine's
/// spellings. What is malformed is appended to `diagnostics` and left out; nothing is checked here
/// that needs the whole graph.
[[nodiscard]] definition parse_definition(const json& source, std::vector<diagnostic>& diagnostics);

/// The canonical JSON of a definition; `parse_definition` of it gives the same definition (but for
/// what tells places in the source, which is then this JSON).
[[nodiscard]] json to_json(const definition& flow);

}  // namespace pawl::flow
