#pragma once

#include <set>
#include <string>

#include "flow/analysis/live_graph.hpp"

namespace pawl::flow {

/// Keys of the data that a node writes.
struct written_keys {
  std::set<std::string> keys{};
  std::set<std::string>
      sure{};            ///< those of `keys` that it always writes to the data of its branch
  bool unknown = false;  ///< it may write any key
};

/// The keys that a node can write when its step succeeds. A map writes two in the data of its
/// items.
[[nodiscard]] written_keys keys_written_by(const live_graph& graph, node_index i);

}  // namespace pawl::flow
