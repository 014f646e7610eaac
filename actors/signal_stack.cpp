#include "actors/signal_stack.hpp"

#include <csignal>
#include <cstddef>
#include <memory>

namespace pawl::actors {
namespace {

constexpr std::size_t stack_bytes = std::size_t{64} << 10;

class signal_stack {
 public:
  signal_stack() {
    stack_t now{};
    if (::sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) return;
    memory_ = std::make_unique<std::byte[]>(stack_bytes);
    stack_t mine{};
    mine.ss_sp = memory_.get();
    mine.ss_size = stack_bytes;
    ::sigaltstack(&mine, nullptr);
  }
  signal_stack(const signal_stack&) = delete;
  signal_stack& operator=(const signal_stack&) = delete;
  ~signal_stack() {
    if (!memory_) return;
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
  }

 private:
  std::unique_ptr<std::byte[]> memory_;
};

}  // namespace

void provide_signal_stack() {
  static thread_local const signal_stack of_this_thread;
}

}  // namespace pawl::actors
