#include <pawl/events.hpp>

#include "runtime/async.hpp"
#include "runtime/queries/event_queries.hpp"

namespace pawl {

result<event_page> scope_events::read(std::optional<journal_position> after,
                                      std::size_t limit) const {
  return read_events(*at_.core, at_.name, after, limit);
}

void scope_events::read_async(std::optional<journal_position> after, std::size_t limit,
                              callback<event_page> done) const {
  read_later(*at_.core, std::move(done),
             [self = *this, after, limit] { return self.read(after, limit); });
}

std::shared_ptr<subscription> scope_events::watch(std::optional<run_id> id,
                                                  std::size_t capacity) const {
  return subscribe(*at_.core, at_.key(id.value_or(run_id{})), capacity);
}

}  // namespace pawl
