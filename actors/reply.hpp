#pragma once

#include <functional>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

#include <pawl/result.hpp>

namespace pawl::actors {

/// The answer to one request: called at most once, by whoever has the answer. If all copies are
/// destroyed without an answer, because an actor ended with them, the caller receives
/// `unavailable`. So every request is answered.
///
/// Copies share the one answer. They may be on different threads, but only one may be used at a
/// time. A default-constructed reply has no receiver: an answer to it is dropped.
template <class T>
class reply {
 public:
  using callback = std::function<void(result<T>)>;

  reply() = default;
  /// Answers by a call of `receiver`, on the thread that answers.
  explicit reply(callback receiver) : once_(std::make_shared<once>(std::move(receiver))) {}

  /// Answers. Calls after the first have no effect.
  void operator()(result<T> answer) const {
    if (!once_ || !once_->receiver) return;
    std::exchange(once_->receiver, nullptr)(std::move(answer));
  }

  /// A reply that converts its value with `convert` and passes it, or its error, to this one.
  template <class From, class Convert>
  [[nodiscard]] reply<From> after(Convert convert) const {
    return reply<From>{[to = *this, convert = std::move(convert)](result<From> answer) {
      if (!answer) {
        to(std::move(answer).error());
      } else if constexpr (std::is_void_v<From> && std::is_void_v<T>) {
        convert();
        to({});
      } else if constexpr (std::is_void_v<From>) {
        to(convert());
      } else if constexpr (std::is_void_v<T>) {
        convert(*std::move(answer));
        to({});
      } else {
        to(convert(*std::move(answer)));
      }
    }};
  }

 private:
  struct once {
    explicit once(callback r) : receiver(std::move(r)) {}
    once(const once&) = delete;
    once& operator=(const once&) = delete;
    ~once() {
      if (!receiver) return;
      receiver(error{errc::unavailable,
                     "the engine stopped before it answered this command, which may or may not "
                     "have been carried out; check the run, or send the command again with the "
                     "same id"});
    }
    callback receiver;
  };
  std::shared_ptr<once> once_;
};

/// A reply and the future of its answer, for a caller that waits.
template <class T>
struct awaited_reply {
  reply<T> answer;
  std::future<result<T>> future;
};
template <class T>
[[nodiscard]] awaited_reply<T> make_awaited_reply() {
  auto promise = std::make_shared<std::promise<result<T>>>();
  auto future = promise->get_future();
  return {reply<T>{[promise](result<T> answer) { promise->set_value(std::move(answer)); }},
          std::move(future)};
}

}  // namespace pawl::actors
