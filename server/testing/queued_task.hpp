#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "server/testing/api_fixture.hpp"

namespace pawl::server::testing {

/// A run "r" at a worker task.
struct queued_task : api_fixture {
  queued_task() {
    json work = task("a", "w.charge");
    work["data"]["queue"] = "default";
    work["data"]["args"] = {{"amount", 42}};
    put("f", {work});
    if (post("/v1/runs", {{"flow", "f"}, {"id", "r"}, {"input", {{"n", 1}}}}).status != 201)
      throw std::runtime_error("the run was not started");
  }
  json poll(const json& more = json::object()) {
    json body{{"worker", "w1"}, {"functions", {"w.charge"}}, {"wait_ms", 10'000}};
    body.update(more);
    return post("/v1/tasks/poll", body).body;
  }
  /// Waits until the queue has this many tasks, and returns it. Tasks are queued after the answer
  /// to a start.
  json queue_with(int tasks) {
    const auto until = std::chrono::steady_clock::now() + wait_timeout;
    while (std::chrono::steady_clock::now() < until) {
      const json queues = get("/v1/workers").body["queues"];
      if (!queues.empty() && queues[0]["queued"] == tasks) return queues[0];
      std::this_thread::yield();
    }
    throw std::runtime_error("the queue is not as it should be");
  }
  answered report(const json& task, const std::string& what, json body = json::object()) {
    body["lease"] = task["lease"];
    return post("/v1/tasks/" + task["task"].get<std::string>() + "/" + what, body);
  }
};

}  // namespace pawl::server::testing
