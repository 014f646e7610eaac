#pragma once

#include <set>
#include <string>

#include "flow/analysis/live_graph.hpp"

namespace pawl::flow {

/// Keys of the data that a node writes.
struct written_keys {
  std::set<std::string> keys;
  bool unknown = false;  ///< it may write any key
};

/// The keys that a node writes when its step succeeds.
[[nodiscard]] written_keys keys_written_by(const live_graph& graph, node_index i);

}  // namespace pawl::flow
