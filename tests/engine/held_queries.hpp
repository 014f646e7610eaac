// Queries that wait for a thread, in the order a test wants.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <semaphore>
#include <thread>
#include <utility>

#include <pawl/engine.hpp>
#include <pawl/runs.hpp>

namespace pawl::testing {

/// Holds the threads that read pages, by queries whose callbacks wait.
class held_pages {
 public:
  explicit held_pages(const engine& e) {
    for (int i = 0; i < 2; ++i) {
      e.runs().list_async({}, [doors = doors_](const result<run_page>&) {
        ++doors->held;
        doors->open.acquire();
      });
      while (doors_->held <= i) std::this_thread::yield();
    }
  }
  ~held_pages() { release(); }
  held_pages(const held_pages&) = delete;
  held_pages& operator=(const held_pages&) = delete;
  void release_one() {
    doors_->open.release();
    --closed_;
  }
  void release() { doors_->open.release(std::exchange(closed_, 0)); }

 private:
  struct doors {
    std::counting_semaphore<> open{0};
    std::atomic<int> held{0};
  };
  std::shared_ptr<doors> doors_ = std::make_shared<doors>();  // the threads may outlive this
  int closed_ = 2;
};

/// The answer of one asynchronous call, which may come after the end of this.
template <class T>
class kept_answer {
 public:
  callback<T> done() {
    return [promise = promise_](result<T> answer) { promise->set_value(std::move(answer)); };
  }
  /// Waits for the answer. Once.
  result<T> get() { return promise_->get_future().get(); }

 private:
  std::shared_ptr<std::promise<result<T>>> promise_ = std::make_shared<std::promise<result<T>>>();
};

}  // namespace pawl::testing
