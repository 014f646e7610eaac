#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <pawl/json.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/delta.hpp"

namespace pawl::flow {

/// What each visit of a node has written to the data in one transition, so that the history can
/// show the output of each step. The values are in the delta already: the event that ends a step
/// only says which of them belong to it, and nothing in the usual case, a checkpoint with one step
/// that has written all of it. Values that the delta loses, because a later step overwrites them or
/// a branch is merged, are moved to the event. `output_of` reads all of that.
///
/// Not thread-safe.
class visit_writes {
 public:
  /// Notes that a token writes a key, before the delta changes. `to`: the token whose branch gets
  /// it; 0: the data of the run.
  void note(const token& t, token_id to, const std::string& key, const delta& change);
  /// Notes that a key is written for no step, before the delta changes. `to`: as above.
  void overwrite(token_id to, const std::string& key, const delta& change);
  /// Rescues what a token has written, before the delta drops it.
  void drop(token_id id, const delta& change);
  /// Completes the events of a transition.
  void describe(const compiled_flow& flow, delta& change) const;

 private:
  /// Node, number of the visit, and the token with the writes; 0: the data of the run.
  using visit_key = std::tuple<node_index, std::uint32_t, token_id>;
  struct visit {
    node_index node = 0;
    std::uint32_t number = 0;
    token_id to = 0;
    std::vector<std::string> keys;  ///< whose values are in the delta
    json rescued = nullptr;         ///< the others: an object; null: none
  };

  /// Rescues the value of a key that is about to be overwritten. `by`: the visit that writes it.
  void lose(token_id to, const std::string& key, const delta& change, const token* by);

  std::vector<visit> visits_;                ///< in the order of their first writes
  std::map<visit_key, std::size_t> places_;  ///< in `visits_`
};

}  // namespace pawl::flow
