#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <pawl/run.hpp>
#include <pawl/run_options.hpp>

#include "runtime/queries/read_budget.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {

/// Returns the events of one checkpoint. Errors: `not_found` (the run), `corrupt`, `io_failed`.
[[nodiscard]] result<std::vector<history_event>> read_checkpoint(const reading& r,
                                                                 const run_key& key,
                                                                 std::uint64_t sequence);

/// Reads the events of at most `limit` checkpoints of a run, from checkpoint `first` on; see
/// `read_to_end`. Errors: `not_found`, `unavailable`, those of the store. The core must outlive it.
/// Not thread-safe.
class history_query {
 public:
  /// `max_bytes`: the size after which the page ends.
  history_query(const engine_core& core, run_key key, std::uint64_t first, std::size_t limit,
                std::size_t max_bytes);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] history_page take() { return std::move(page_); }

 private:
  const engine_core& core_;
  run_key key_;
  std::uint64_t next_;
  std::size_t left_;
  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  history_page page_;
};

/// The same, of any size.
class history_list_query : public history_query {
 public:
  history_list_query(const engine_core& core, run_key key, std::uint64_t first, std::size_t limit)
      : history_query(core, std::move(key), first, limit, std::numeric_limits<std::size_t>::max()) {
  }
  [[nodiscard]] std::vector<history_event> take() { return history_query::take().events; }
};

}  // namespace pawl
