#pragma once

#include <pawl/engine.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>

#include "tests/engine/fixture.hpp"

/// Flows and polls for tests of workers on a real engine.
namespace pawl::testing {

using namespace std::chrono_literals;

inline settings worker_settings_in(const std::filesystem::path& folder = {}) {
  settings s;
  s.log.level = log_level::error;
  s.storage.data_dir = folder;
  s.worker.default_queue = "default";
  return s;
}

/// A flow with one step, which workers run.
inline json worked(const std::string& name, json data = json::object()) {
  if (!data.contains("code_ref")) data["code_ref"] = "w.charge";
  return single(name, "task", std::move(data));
}

inline task_poll poll_as(std::string worker, std::chrono::milliseconds wait = 10s,
                         std::size_t max = 1) {
  task_poll p;
  p.worker = std::move(worker);
  p.functions = {"w.charge", "w.other"};
  p.max = max;
  p.wait = wait;
  return p;
}

inline worker_task take_one(const engine& e, const std::string& worker = "w1") {
  auto tasks = e.workers().poll(poll_as(worker));
  REQUIRE(tasks);
  REQUIRE(tasks->size() == 1);
  return tasks->front();
}

inline void check_is_lost(const result<void>& done) {
  REQUIRE_FALSE(done);
  CHECK(done.error().code == errc::conflict);
  CHECK(done.error().type == "lease_lost");
}

}  // namespace pawl::testing
