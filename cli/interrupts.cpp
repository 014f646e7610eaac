#include "cli/interrupts.hpp"

#include <pthread.h>
#include <unistd.h>

#include <initializer_list>
#include <utility>

namespace pawl::cli {
namespace {

bool is_ignored(int number) {
  struct sigaction now {};
  return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace

interrupts::interrupts() {
  ::sigemptyset(&watched_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP})
    if (!is_ignored(number)) ::sigaddset(&watched_, number);
  // Wakes the signal thread for the destructor; ignored otherwise.
  ::sigaddset(&watched_, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &watched_, nullptr);
  thread_ = std::thread{[this] { wait_for_signals(); }};
}

interrupts::~interrupts() {
  ended_ = true;
  ::pthread_kill(thread_.native_handle(), SIGUSR2);
  thread_.join();
}

std::optional<exit_code> interrupts::code() const noexcept {
  const int number = signal_.load();
  if (number == 0) return std::nullopt;
  return static_cast<exit_code>(128 + number);
}

void interrupts::on_hang_up(std::function<void()> handler) {
  const std::lock_guard lock{mutex_};
  on_hang_up_ = std::move(handler);
}

void interrupts::wait_for_signals() {
  while (!ended_) {
    int number = 0;
    if (::sigwait(&watched_, &number) != 0 || number == SIGUSR2) continue;
    if (number == SIGHUP) {
      const std::lock_guard lock{mutex_};
      if (on_hang_up_) {
        on_hang_up_();
        continue;
      }
    }
    if (signal_.exchange(number) != 0 || !graceful_) ::_exit(128 + number);
    signal_.notify_all();
  }
}

}  // namespace pawl::cli
