#include <utility>

#include "actors/supervisor.hpp"
#include "persistence/store_upkeep.hpp"
#include "runtime/call_size.hpp"
#include "runtime/callbacks.hpp"
#include "runtime/core.hpp"

namespace pawl {

template <class T, class Task>
void engine_core::keep_up(Task task, callback<T> done) {
  actors::call_place place{actors::call_kind::command, default_scope(), command_overhead_bytes};
  const auto open = admit(place);
  if (!open) return done(open.error());
  const auto answer = reply_to(open->context, std::move(place), std::move(done));
  persistence::store_upkeep* const upkeep = open->context->store->upkeep();
  if (upkeep == nullptr) {
    return answer(error{errc::not_supported,
                        "the store is in memory: it has nothing to back up or to compact. Use a "
                        "data folder"});
  }
  // The pool ends its jobs before the store is closed.
  open->context->upkeep->post({},
                              [upkeep, answer, task = std::move(task)] { answer(task(*upkeep)); });
}

void engine_core::back_up(const std::filesystem::path& folder, callback<backup_info> done) {
  keep_up<backup_info>([folder](persistence::store_upkeep& store) { return store.back_up(folder); },
                       std::move(done));
}

void engine_core::compact(callback<compaction_result> done) {
  keep_up<compaction_result>([](persistence::store_upkeep& store) { return store.compact(); },
                             std::move(done));
}

}  // namespace pawl
