#include <memory>
#include <mutex>
#include <utility>

#include "actors/blob_messages.hpp"
#include "actors/supervisor.hpp"
#include "runtime/call_size.hpp"
#include "runtime/callbacks.hpp"
#include "runtime/core.hpp"

namespace pawl {

void engine_core::write_blob_chunk(const scope_name& in, std::string content, std::uint32_t number,
                                   std::shared_ptr<const std::string> bytes, callback<void> done) {
  actors::call_place place{actors::call_kind::command, in, command_overhead_bytes + bytes->size()};
  const auto open = admit(place);
  if (!open) return done(open.error());
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  actors::post(open->actors->blob_keeper,
               actors::write_blob_chunk{in, std::move(content), number, std::move(bytes),
                                        std::move(answer)});
}

void engine_core::finish_blob(const persistence::blob_key& key, persistence::blob_head head,
                              std::shared_ptr<const std::string> last,
                              callback<persistence::blob_head> done) {
  actors::call_place place{actors::call_kind::command, key.scope,
                           command_overhead_bytes + last->size()};
  const auto open = admit(place);
  if (!open) return done(open.error());
  head.created_at = head.used_at = open->context->clock->now();
  auto answer = reply_to(open->context, std::move(place), std::move(done));
  actors::post(open->actors->blob_keeper,
               actors::finish_blob{key, std::move(head), std::move(last), std::move(answer)});
}

// Not admitted: it must not be refused, or the chunks would stay until the next start.
void engine_core::drop_blob_upload(const scope_name& in, std::string content) const {
  std::shared_ptr<const actors::engine_actors> open;
  {
    const std::lock_guard lock{mutex_};
    open = actors_;
  }
  // A sweep after the next start of the engine deletes it.
  if (open) actors::post(open->blob_keeper, actors::drop_blob_upload{in, std::move(content)});
}

}  // namespace pawl
