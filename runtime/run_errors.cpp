#include <utility>

#include <pawl/run_errors.hpp>
#include <pawl/scope.hpp>

#include "runtime/async.hpp"
#include "runtime/queries/error_group_query.hpp"

namespace pawl {

scope_errors::scope_errors(const scope& in) : at_(in.ref()) {}

result<run_error_groups> scope_errors::read(const run_filter& filter, std::size_t limit) const {
  return read_to_end(error_group_query{*at_.core, at_.name, filter, limit});
}

void scope_errors::read_async(const run_filter& filter, std::size_t limit,
                              callback<run_error_groups> done, std::stop_token withdrawn) const {
  read_in_turns(at_.core, {at_.name, "runs.errors", query_cost::page, std::move(withdrawn)},
                std::move(done), error_group_query{*at_.core, at_.name, filter, limit});
}

}  // namespace pawl
