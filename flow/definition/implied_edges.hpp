#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <pawl/error.hpp>

#include "flow/machine/state.hpp"

namespace pawl::flow {

/// An edge of a flow in the short form.
struct short_edge {
  enum class kind : std::uint8_t { plain, choice, on_error, on_timeout, each, body };
  node_index from = 0;
  node_index to = 0;
  kind what = kind::plain;
  bool implied = false;  ///< not written: it leads to the next node of the list
};

/// An implied edge that its author probably did not want, because it leads from one branch into
/// another.
struct unwanted_edge {
  node_index from = 0;
  severity level = severity::error;
  std::string message;
};

/// Finds the implied edges that are probably unwanted: into the branch of a fork from a sibling and
/// into or out of the items of a map or the body of a section (errors); from one case of a choice
/// into another, and from the normal path into a node for failures or time-outs (warnings). At most
/// one per node. `ids`: of the nodes. Time: the number of edges, squared.
[[nodiscard]] std::vector<unwanted_edge> find_unwanted_edges(const std::vector<std::string>& ids,
                                                             const std::vector<short_edge>& edges);

}  // namespace pawl::flow
