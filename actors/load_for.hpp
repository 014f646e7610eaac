#pragma once

#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

#include "actors/loader.hpp"
#include "actors/mail.hpp"
#include "actors/messages.hpp"

namespace pawl::actors {

/// A job that calls `read`, then `then` with its result on the actor, which handles
/// `load_answered`. What `read` throws is thrown on the actor instead.
template <class Read, class Then>
[[nodiscard]] loader::job answering_job(caf::actor self, Read read, Then then) {
  return [self = std::move(self), read = std::move(read), then = std::move(then)]() mutable {
    load_answered answer;
    try {
      auto found = std::make_shared<std::invoke_result_t<Read&>>(read());
      answer.then = [found, then = std::move(then)]() mutable { then(std::move(*found)); };
    } catch (...) {
      answer.then = [thrown = std::current_exception()] { std::rethrow_exception(thrown); };
    }
    actors::post(self, std::move(answer));
  };
}

/// Posts an `answering_job`.
template <class Read, class Then>
void load_for(loader& on, caf::actor self, Read read, Then then) {
  on.post(answering_job(std::move(self), std::move(read), std::move(then)));
}

}  // namespace pawl::actors
