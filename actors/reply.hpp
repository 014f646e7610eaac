#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <pawl/result.hpp>

namespace pawl::actors {

/// Where an answer goes: called at most once, by the actor that has the answer. If every copy goes
/// away without an answer (its actor died with it), the caller is told `unavailable`: nobody waits
/// for ever. Copies share the one answer; use one copy at a time.
template <class T>
class reply {
 public:
  using callback = std::function<void(result<T>)>;

  reply() = default;
  explicit reply(callback answer) : once_(std::make_shared<once>(std::move(answer))) {}

  void operator()(result<T> answer) const {
    if (!once_ || !once_->answer) return;
    std::exchange(once_->answer, nullptr)(std::move(answer));
  }
  [[nodiscard]] bool wanted() const noexcept { return once_ && once_->answer; }

 private:
  struct once {
    explicit once(callback c) : answer(std::move(c)) {}
    once(const once&) = delete;
    once& operator=(const once&) = delete;
    ~once() {
      if (!answer) return;
      answer(error{errc::unavailable,
                   "the engine gave up before this command was answered; it may or may not have "
                   "been carried out: look at the run, or send it again with the same id"});
    }
    callback answer;
  };
  std::shared_ptr<once> once_;
};

}  // namespace pawl::actors
