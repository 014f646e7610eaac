#pragma once

#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <utility>
#include <vector>

#include <pawl/callback.hpp>

#include "runtime/core.hpp"
#include "runtime/queries/read_budget.hpp"

namespace pawl {

/// Makes an asynchronous call and blocks until it is answered.
template <class T, class Call>
result<T> await(Call call) {
  auto answer = std::make_shared<std::promise<result<T>>>();
  auto later = answer->get_future();
  call([answer](result<T> r) { answer->set_value(std::move(r)); });
  return later.get();
}

/// Makes one asynchronous call per item, `call(index, callback)`, and blocks until all are
/// answered. Returns the answers in the order of the items.
template <class T, class Call>
std::vector<result<T>> await_all(std::size_t count, Call call) {
  std::vector<std::future<result<T>>> later;
  later.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto answer = std::make_shared<std::promise<result<T>>>();
    later.push_back(answer->get_future());
    call(i, [answer](result<T> r) { answer->set_value(std::move(r)); });
  }
  std::vector<result<T>> answers;
  answers.reserve(count);
  for (auto& each : later) answers.push_back(each.get());
  return answers;
}

/// Answers `done` with `read()`, which runs on a thread for queries.
template <class T, class Read>
void read_later(engine_core& core, query_call wanted, callback<T> done, Read read) {
  core.read_later(std::move(wanted),
                  [done = std::move(done), read = std::move(read)](const result<void>& ready) {
                    if (!ready) return done(ready.error());
                    done(read());
                  });
}

/// Answers `done` with what `query` reads in turns on threads for queries; see `read_to_end`. What
/// the query refers to must outlive it: `core` does.
template <class T, class Query>
void read_in_turns(const std::shared_ptr<engine_core>& core, query_call wanted, callback<T> done,
                   Query query) {
  wanted.cost = query_cost::page;
  const auto shared = std::make_shared<Query>(std::move(query));
  core->read_in_turns(
      std::move(wanted),
      [core, shared]() {
        read_budget turn;
        return shared->read(turn);
      },
      [shared, done = std::move(done)](const result<void>& complete) {
        if (!complete) return done(complete.error());
        done(shared->take());
      });
}

}  // namespace pawl
