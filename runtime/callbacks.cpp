#include "runtime/callbacks.hpp"

#include <exception>

#include <spdlog/spdlog.h>

namespace pawl {
namespace {

/// The engine whose callback runs on this thread.
thread_local const actors::engine_telemetry* answering = nullptr;

}  // namespace

bool is_answering(const actors::engine_telemetry& of) noexcept {
  return answering == &of;
}

void call_embedder(const actors::engine_context& of, const std::function<void()>& call) {
  const auto* const outer = std::exchange(answering, of.telemetry.get());
  try {
    call();
  } catch (const std::exception& thrown) {
    of.log->error("a callback has thrown: {}", thrown.what());
  } catch (...) {
    of.log->error("a callback has thrown something that is not a std::exception");
  }
  answering = outer;
}

}  // namespace pawl
