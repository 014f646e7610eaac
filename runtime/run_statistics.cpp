#include <utility>

#include <pawl/run_statistics.hpp>
#include <pawl/scope.hpp>

#include "runtime/async.hpp"
#include "runtime/queries/statistics_query.hpp"

namespace pawl {

scope_statistics::scope_statistics(const scope& in) : at_(in.ref()) {}

result<run_statistics> scope_statistics::read(const statistics_options& options) const {
  return read_to_end(statistics_query{*at_.core, at_.name, options});
}

void scope_statistics::read_async(const statistics_options& options, callback<run_statistics> done,
                                  std::stop_token withdrawn) const {
  read_in_turns(at_.core, {at_.name, "runs.statistics", query_cost::page, std::move(withdrawn)},
                std::move(done), statistics_query{*at_.core, at_.name, options});
}

}  // namespace pawl
