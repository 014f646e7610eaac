#include <pawl/events.hpp>

#include "runtime/async.hpp"
#include "runtime/queries/event_page_query.hpp"
#include "runtime/queries/event_queries.hpp"

namespace pawl {

result<event_page> scope_events::read(std::optional<journal_position> after,
                                      std::size_t limit) const {
  return read_to_end(event_page_query{*at_.core, at_.name, after, limit});
}

void scope_events::read_async(std::optional<journal_position> after, std::size_t limit,
                              callback<event_page> done, std::stop_token withdrawn) const {
  read_in_turns(at_.core, {at_.name, "events", query_cost::page, std::move(withdrawn)},
                std::move(done), event_page_query{*at_.core, at_.name, after, limit});
}

std::shared_ptr<subscription> scope_events::watch(std::optional<run_id> id,
                                                  std::size_t capacity) const {
  return subscribe(*at_.core, at_.key(id.value_or(run_id{})), capacity);
}

}  // namespace pawl
