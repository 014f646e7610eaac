#include "actors/log_messages.hpp"
#include "actors/supervisor.hpp"
#include "runtime/callbacks.hpp"
#include "runtime/core.hpp"

namespace pawl {

void engine_core::add_log_line(run_key run, run_log_line line) const {
  if (const auto open = running()) open->log_lines.add(std::move(run), std::move(line));
}

void engine_core::flush_log(const scope_name& in, callback<void> done) {
  actors::call_place place{actors::call_kind::query, in, 0};
  const auto open = admit(place);
  if (!open) return done(open.error());
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  if (!open->actors) return answer({});  // an engine that only reads has no lines of its own
  caf::anon_send(open->actors->log_keeper, actors::flush_log_lines{std::move(answer)});
}

}  // namespace pawl
