#include "pawl/settings.hpp"

#include <algorithm>
#include <thread>

#include "config/load.hpp"

namespace pawl {
namespace {

std::uint32_t cores() noexcept {
  return std::max(1u, std::thread::hardware_concurrency());
}

result<settings> values_of(const config::sources& from) {
  auto loaded = config::load(from);
  if (!loaded) return std::move(loaded).error();
  return std::move(loaded->values);
}

}  // namespace

std::uint32_t engine_settings::scheduler_thread_count() const noexcept {
  return scheduler_threads != 0 ? scheduler_threads : cores();
}

std::uint32_t executor_settings::thread_count() const noexcept {
  return threads != 0 ? threads : std::max(4u, 2 * cores());
}

std::uint32_t server_settings::thread_count() const noexcept {
  return threads != 0 ? threads : cores();
}

settings settings::defaults() {
  return {};
}

result<settings> settings::from_env() {
  return values_of({.file = {}, .environment = config::process_environment(), .flags = {}});
}

result<settings> settings::from_file(const std::filesystem::path& file) {
  return values_of({.file = file, .environment = config::process_environment(), .flags = {}});
}

result<void> settings::check() const {
  return config::check(*this);
}

}  // namespace pawl
