#include "cli/interrupts.hpp"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <string>
#include <utility>

namespace pawl::cli {
namespace {

bool is_ignored(int number) {
  struct sigaction now {};
  return ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

/// Writes to stderr only if that does not block: its reader may be what does not come back.
[[noreturn]] void end_late(std::chrono::milliseconds limit, int signal) {
  pollfd out{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0) {
    const std::string text = "pawl: did not stop within " + std::to_string(limit.count()) +
                             " ms and is ended; unfinished runs resume at the next start\n";
    static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size()));
  }
  ::_exit(128 + signal);
}

}  // namespace

interrupts::interrupts() {
  ::sigemptyset(&watched_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP})
    if (!is_ignored(number)) ::sigaddset(&watched_, number);
  // Wakes the signal thread: to end, or for a new limit.
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

void interrupts::end_within(std::chrono::milliseconds limit) noexcept {
  limit_ms_ = limit.count();
  // The thread may already wait for a second signal, without a limit.
  ::pthread_kill(thread_.native_handle(), SIGUSR2);
}

void interrupts::on_hang_up(std::function<void()> handler) {
  const std::lock_guard lock{mutex_};
  on_hang_up_ = std::move(handler);
}

int interrupts::next_signal() const {
  const std::chrono::milliseconds limit{limit_ms_.load()};
  if (signal_ == 0 || limit.count() == 0) {
    int number = 0;
    return ::sigwait(&watched_, &number) == 0 ? number : 0;
  }
  const auto left = std::max(first_signal_at_ + limit - std::chrono::steady_clock::now(),
                             std::chrono::steady_clock::duration::zero());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
  timespec wait{};
  wait.tv_sec = seconds.count();
  wait.tv_nsec = std::chrono::nanoseconds{left - seconds}.count();
  const int number = ::sigtimedwait(&watched_, nullptr, &wait);
  if (number < 0 && errno == EAGAIN) end_late(limit, signal_);
  return std::max(number, 0);
}

void interrupts::wait_for_signals() {
  while (!ended_) {
    const int number = next_signal();
    if (number == 0 || number == SIGUSR2) continue;
    if (number == SIGHUP) {
      const std::lock_guard lock{mutex_};
      if (on_hang_up_) {
        on_hang_up_();
        continue;
      }
    }
    if (signal_ != 0 || !graceful_) ::_exit(128 + number);
    first_signal_at_ = std::chrono::steady_clock::now();
    signal_ = number;
    signal_.notify_all();
  }
}

}  // namespace pawl::cli
