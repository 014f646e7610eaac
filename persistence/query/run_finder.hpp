#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>
#include <pawl/run_options.hpp>

#include "persistence/query/run_query.hpp"
#include "persistence/query/run_sorting.hpp"
#include "persistence/query/sorted_lists.hpp"
#include "persistence/store.hpp"

namespace pawl::persistence {

/// Finds the runs of a scope that fit a query, in an order.
///
/// The terms that have lists in the index (id, flow, error, waiting for a signal or an answer,
/// status; limits of `started`) select the lists; all have the same order, so their intersection is
/// read by leaping from list to list, which costs at most twice the shortest of them. The other
/// terms are compared with each run that is left. The orders by end read the list of finished runs
/// alone, those by attribute the runs with the attribute, of which a condition on it selects a
/// part.
///
/// Not thread-safe; the view must outlive it.
class run_finder {
 public:
  /// `sorting`: not by the last event. `begin`: where a search with the same query and order ended
  /// before. Errors: those of the store.
  [[nodiscard]] static result<run_finder> make(const view& from, const scope_name& in,
                                               const run_query& query, run_sorting sorting,
                                               list_place begin = {});

  /// One step of a search. Neither a run nor an end: there was a candidate that does not fit.
  struct step {
    std::optional<run_summary> run;  ///< as its list entry has it
    std::optional<error> damage;     ///< why a run cannot be listed; the search continues after it
    bool at_end = false;
    std::size_t bytes = 0;  ///< of what was read
  };
  /// Errors: those of the store.
  [[nodiscard]] result<step> next();

  /// An attribute with a condition whose runs were too many to be sorted, if no other condition
  /// selects a list: in the order by it the search reads fewer runs.
  [[nodiscard]] const std::optional<std::string>& unsorted_attribute() const noexcept {
    return unsorted_attribute_;
  }
  /// Lets `next` return runs with their key only, where places in the index decide which runs fit.
  void read_only_keys();

  /// Where the search continues.
  [[nodiscard]] const list_place& place() const noexcept { return place_; }
  /// The lists that are read, for people: "flow, status".
  [[nodiscard]] const std::string& index() const noexcept { return index_; }
  /// Entries of lists and records that were read.
  [[nodiscard]] std::uint64_t keys_read() const noexcept;

 private:
  run_finder(const view& from, scope_name in, const run_query& query, run_sorting sorting,
             list_place begin);

  [[nodiscard]] std::optional<std::string> place_of(const run_summary& run) const;
  [[nodiscard]] std::optional<run_id> run_at(std::string_view order) const;

  void limit_by(run_field field);
  void add_status_lists();
  void add_lists(const char* name, const std::vector<std::uint64_t>& terms);
  result<void> add_ids(const run_term& term);
  result<void> add_attributes();
  result<void> choose_lists();
  result<void> load(const list_entry& entry, step& into);

  const view* from_;
  scope_name in_;
  run_query query_;
  run_sorting sorting_;
  bool reverse_;
  order_limits limits_;
  std::vector<merged_lists> lists_;
  std::optional<std::size_t> with_records_;  ///< the one whose entries have the records
  std::optional<std::string> unsorted_attribute_;
  bool only_keys_ = false;
  std::string index_;
  list_place place_;
  std::uint64_t records_read_ = 0;
};

}  // namespace pawl::persistence
