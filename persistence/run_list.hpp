#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "persistence/store.hpp"

namespace pawl::persistence {

/// The runs of a scope, newest first: all, or those with one status. Reads the lists that the
/// indexes keep by status and merges them. Not thread-safe; the view must outlive it.
class run_list {
 public:
  /// `after`: where a list ended before, see `entry::order`; empty: from the newest run.
  run_list(const view& from, const scope_name& in, std::optional<run_status> status,
           std::string_view after = {});

  struct entry {
    std::string order;  ///< a text that is greater the older the run is
    run_summary run;
    std::size_t bytes = 0;  ///< of its record
  };
  /// The next run; nothing after the last. Errors: `corrupt`, `io_failed`.
  [[nodiscard]] result<std::optional<entry>> next();

 private:
  /// One list of the index, of which the next entries are read.
  struct source {
    view::range left;
    std::deque<entry> read;
    bool is_read_to_end = false;
  };
  result<void> read(source& from) const;

  const view& from_;
  std::vector<source> sources_;
};

}  // namespace pawl::persistence
