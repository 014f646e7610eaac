#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <pawl/run_options.hpp>

#include "persistence/query/run_finder.hpp"
#include "runtime/queries/read_budget.hpp"
#include "runtime/queries/reading.hpp"

namespace pawl {

class engine_core;

/// Reads the runs that a filter selects, in turns: each turn reads the newest durable state and
/// continues where the one before it ended. Not thread-safe; the core must outlive it.
class found_runs {
 public:
  found_runs(const engine_core& core, scope_name in, run_filter filter);

  /// Begins a turn. Errors: `invalid_argument` (filter, cursor), `unavailable`, those of the store.
  result<void> begin_turn();
  /// After the first `begin_turn`, for a search whose order and records do not matter: reads a
  /// large range of an attribute as the index has it, and only keys where these decide. Errors:
  /// those of the store.
  result<void> ignore_order();
  /// As `run_finder::next`, after `begin_turn`. Spends what it reads.
  [[nodiscard]] result<persistence::run_finder::step> next(read_budget& turn);
  /// The cursor of the page that begins here.
  [[nodiscard]] std::string cursor() const;

  // In the orders by the last event the index is read in another one: from its begin for each page.
  /// The cursor of the page that begins at a place of the order.
  [[nodiscard]] std::string cursor_at(const persistence::list_place& place) const;
  /// The place in the cursor of this page; of the first page an empty one.
  [[nodiscard]] const persistence::list_place& page_begin() const noexcept { return page_begin_; }

  [[nodiscard]] run_search search() const;

  /// The durable state of this turn.
  [[nodiscard]] const persistence::view& now() const { return *from_->now; }
  [[nodiscard]] const persistence::run_query& query() const { return query_; }

 private:
  result<void> prepare();
  result<void> read_cursor();
  result<void> make_search();
  [[nodiscard]] persistence::run_sorting index_sorting() const;
  [[nodiscard]] std::uint64_t fingerprint() const;

  const engine_core& core_;
  scope_name in_;
  run_filter filter_;
  bool prepared_ = false;
  bool order_matters_ = true;
  persistence::run_query query_;
  time_point relative_to_{};  ///< that of the first page
  persistence::list_place place_;
  persistence::list_place page_begin_;
  std::optional<reading> from_;
  std::optional<persistence::run_finder> search_;  ///< of this turn
  std::uint64_t keys_read_ = 0;                    ///< of the turns before
};

}  // namespace pawl
