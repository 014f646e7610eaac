#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/builder/failure_handler.hpp"
#include "flow/machine/builder/run_branches.hpp"
#include "flow/machine/builder/run_compensations.hpp"
#include "flow/machine/builder/run_data.hpp"
#include "flow/machine/builder/run_tokens.hpp"

namespace pawl::flow {

struct map_plan;

/// The maps of a run: one branch for each item, and the results of the items. The token of the map
/// stays at its node and gathers them.
class run_maps {
 public:
  run_maps(change_set& changes, run_data& data, run_tokens& tokens,
           run_compensations& compensations, run_branches& branches, failure_handler& failures)
      : changes_(changes),
        data_(data),
        tokens_(tokens),
        compensations_(compensations),
        branches_(branches),
        failures_(failures) {}

  /// Starts a map over the items, an array.
  void begin(token& t, json items);
  /// Resumes a map that was halted. Returns false if the token has none.
  [[nodiscard]] bool resume(token& t);
  /// Ends one item of a map whose tokens have all ended. Returns false if there is none.
  bool close_item(token_id map);
  /// Drops what is left of one item, or of all items.
  void drop_item(token_id map, std::uint32_t item);
  void drop_items(token_id map);
  /// Records the result of an item and starts the next; ends the map after the last.
  void finish_item(token_id map, std::uint32_t item, json value, bool failed);
  /// Returns how many items of the map may fail. Errors: those of the rule; `invalid_argument`.
  [[nodiscard]] result<std::size_t> tolerated(const token& map) const;
  /// The token of the map that forked a branch at fork number `level`; null if no map did.
  [[nodiscard]] token* find_map(const std::vector<std::uint32_t>& branch,
                                const std::vector<node_index>& forks, std::size_t level);

 private:
  void spawn_items(token_id map);
  void end(token_id map);
  [[nodiscard]] result<std::uint32_t> concurrency(const token& map) const;
  void set_progress(token_id map, map_change change);
  /// The value of an item whose branches have ended. Errors: `conflict`, and those of the rule.
  [[nodiscard]] result<json> result_of(const map_plan& plan, const std::vector<const token*>& ended,
                                       std::size_t depth, const std::string& node) const;

  change_set& changes_;
  run_data& data_;
  run_tokens& tokens_;
  run_compensations& compensations_;
  run_branches& branches_;
  failure_handler& failures_;
};

}  // namespace pawl::flow
