#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "persistence/query/run_query.hpp"
#include "persistence/store.hpp"
#include "persistence/transfer/transfer_lines.hpp"

namespace pawl::persistence {

/// Which runs to export: those with these ids and those that fit the query; all if neither is
/// given. Of each, its whole family: the run that it descends from, and all below that.
struct export_selection {
  std::vector<run_id> ids = {};
  std::optional<run_query> query = {};
};

struct export_report {
  transfer_totals totals;
  /// Families that were left out, each with the reason as a sentence.
  std::vector<std::string> left_out;
  /// The same for families with a record that cannot be read: it is damaged, or its key is dropped.
  std::vector<std::string> damaged;
};

/// Receives the lines of the file, in order. An error ends the export.
using line_sink = std::function<result<void>(const json& line)>;

/// Exports runs of a scope, ordered by id; see transfer_lines.hpp. Holds one record and the ids of
/// one family at a time, and those of the selection. The same runs give the same lines. Reads each
/// family twice, so that one that cannot be read is left out as a whole and the others are
/// exported. Also leaves out families with a quarantined run, whose state is not what the store
/// says of it. Errors: `not_found` (one of the ids), those of the store and of the sink.
[[nodiscard]] result<export_report> export_runs(const view& from, const scope_name& in,
                                                const export_selection& selected,
                                                const line_sink& to);

}  // namespace pawl::persistence
