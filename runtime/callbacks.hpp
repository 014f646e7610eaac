#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <pawl/callback.hpp>

#include "actors/engine_context.hpp"
#include "actors/reply.hpp"

namespace pawl {

/// Whether a callback of this engine's embedder runs on the calling thread.
[[nodiscard]] bool is_answering(const actors::engine_telemetry& of) noexcept;

/// Calls a function of the embedder. What it throws is logged and ends here: it must not end an
/// actor, or keep others from their answers.
void call_embedder(const actors::engine_context& of, const std::function<void()>& call);

/// The one answer of an admitted call: releases its place among the calls in flight, then calls the
/// embedder.
template <class T>
actors::reply<T> reply_to(const std::shared_ptr<actors::engine_context>& p,
                          actors::call_place place, callback<T> done) {
  return actors::reply<T>{[p, place = std::move(place), done = std::move(done)](result<T> answer) {
    p->calls.give_back(place);
    call_embedder(*p, [&] { done(std::move(answer)); });
  }};
}

}  // namespace pawl
