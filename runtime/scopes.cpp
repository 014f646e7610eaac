#include <utility>

#include <pawl/scope.hpp>
#include <pawl/scopes.hpp>

#include "runtime/async.hpp"
#include "runtime/queries/scope_list_query.hpp"

namespace pawl {

engine_scopes::engine_scopes(const scope& any) : at_(any.ref()) {}

result<scope_page> engine_scopes::list(const scope_list_options& how) const {
  return read_to_end(scope_list_query{*at_.core, how});
}

void engine_scopes::list_async(const scope_list_options& how, callback<scope_page> done,
                               std::stop_token withdrawn) const {
  read_in_turns(at_.core, {at_.name, "scopes.list", query_cost::page, std::move(withdrawn)},
                std::move(done), scope_list_query{*at_.core, how});
}

}  // namespace pawl
