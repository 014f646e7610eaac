#include "functions/context.hpp"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <utility>

#include <pawl/detail/utf8.hpp>
#include <pawl/time.hpp>

#include "functions/secrets/secret_store.hpp"

namespace pawl::functions {

bool call_context::sleep_for(std::chrono::milliseconds duration) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock{mutex};
  const auto until = steady::now() + std::min(duration, max_duration);
  stopped.wait_until(lock, stop_, until, [] { return false; });
  return steady::now() >= until;
}

void call_context::heartbeat() {
  last_sign_.store(steady::now().time_since_epoch().count(), std::memory_order_relaxed);
}

error call_context::interrupt(json value, json update) {
  const std::lock_guard lock{mutex_};
  interruption_ = interruption{std::move(value), std::move(update)};
  return {errc::interrupted, "the step asks a question; return this error to end the call"};
}

error call_context::leave_for_pause(json where, json update) {
  const std::lock_guard lock{mutex_};
  interruption_ = interruption{std::move(where), std::move(update), true};
  return {errc::interrupted, "the step leaves for a pause; return this error to end the call"};
}

std::optional<interruption> call_context::take_interruption() {
  const std::lock_guard lock{mutex_};
  return std::exchange(interruption_, std::nullopt);
}

void call_context::log(log_level level, std::string_view message) {
  heartbeat();
  std::string masked;
  if (facts_.secrets != nullptr) {
    masked = message;
    facts_.secrets->mask(facts_.run.scope, masked);
    message = masked;
  }
  const std::lock_guard lock{mutex_};
  if (observer_ == nullptr || !observer_->on_log) return;
  if (message.size() <= limits_.max_log_bytes &&
      detail::valid_utf8_prefix(message) == message.size())
    observer_->on_log(facts_, level, message);
  else
    observer_->on_log(facts_, level, detail::to_valid_utf8(message, limits_.max_log_bytes));
}

void call_context::progress(double fraction) {
  heartbeat();
  if (std::isnan(fraction)) return;
  fraction = std::clamp(fraction, 0.0, 1.0);
  const std::lock_guard lock{mutex_};
  if (observer_ == nullptr || !observer_->on_progress) return;
  const bool completes = fraction == 1.0 && !complete_reported_;
  const auto now = steady::now();
  if (!completes && last_progress_ && now - *last_progress_ < limits_.progress_interval) return;
  last_progress_ = now;
  complete_reported_ = complete_reported_ || completes;
  observer_->on_progress(facts_, fraction);
}

void call_context::close() {
  const std::lock_guard lock{mutex_};
  observer_ = nullptr;
}

}  // namespace pawl::functions
