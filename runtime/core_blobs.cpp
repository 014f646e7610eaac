#include <memory>
#include <mutex>
#include <utility>

#include "actors/blob_messages.hpp"
#include "actors/supervisor.hpp"
#include "runtime/call_size.hpp"
#include "runtime/callbacks.hpp"
#include "runtime/core.hpp"
#include "runtime/upload_place.hpp"

namespace pawl {
namespace {

/// The answer to a call of an upload, which keeps its place.
template <class T>
actors::reply<T> answer_to(const std::shared_ptr<actors::engine_context>& of, callback<T> done) {
  return actors::reply<T>{[of, done = std::move(done)](result<T> answer) {
    call_embedder(*of, [&] { done(std::move(answer)); });
  }};
}

}  // namespace

result<std::shared_ptr<const upload_place>> engine_core::admit_upload(const scope_name& in,
                                                                      std::uint64_t bytes) const {
  actors::call_place place{actors::call_kind::command, in, command_overhead_bytes + bytes};
  const auto open = admit(place);
  if (!open) return open.error();
  return std::make_shared<const upload_place>(open->context, std::move(place));
}

result<engine_core::admitted> engine_core::enter(const upload_place& by) const {
  admitted open;
  {
    const std::lock_guard lock{mutex_};
    open = {context_, actors_};
  }
  if (!open.context || !open.context->admitted.is_open()) return closed();
  if (by.is_of(open.context)) return open;
  return error{errc::unavailable,
               "the store was opened again while the blob was sent; nothing was stored, send the "
               "blob again"};
}

void engine_core::write_blob_chunk(const upload_place& by, const scope_name& in,
                                   std::string content, std::uint32_t number,
                                   std::shared_ptr<const std::string> bytes, callback<void> done) {
  const auto open = enter(by);
  if (!open) return done(open.error());
  actors::post(open->actors->blob_keeper,
               actors::write_blob_chunk{in, std::move(content), number, std::move(bytes),
                                        answer_to(open->context, std::move(done))});
}

void engine_core::finish_blob(const upload_place& by, const persistence::blob_key& key,
                              persistence::blob_head head, std::shared_ptr<const std::string> last,
                              callback<persistence::blob_head> done) {
  const auto open = enter(by);
  if (!open) return done(open.error());
  head.created_at = head.used_at = open->context->clock->now();
  actors::post(open->actors->blob_keeper,
               actors::finish_blob{key, std::move(head), std::move(last),
                                   answer_to(open->context, std::move(done))});
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
