#pragma once

#include <pawl/engine.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.hpp"

/// Short forms for flows, and data folders, for tests of a real engine.
namespace pawl::testing {

inline json node(const std::string& id, const std::string& type, json data = json::object()) {
  return {{"id", id}, {"type", type}, {"data", std::move(data)}};
}
inline json edge(const std::string& from, const std::string& to, json data = json::object()) {
  return {{"source", from}, {"target", to}, {"data", std::move(data)}};
}
inline json flow_named(const std::string& name, std::vector<json> nodes, std::vector<json> edges) {
  return {{"name", name}, {"nodes", std::move(nodes)}, {"edges", std::move(edges)}};
}
/// A flow with one node, `work`, between a start and an end.
inline json single(const std::string& name, const std::string& type, json data) {
  return flow_named(
      name, {node("begin", "start"), node("work", type, std::move(data)), node("end", "end")},
      {edge("begin", "work"), edge("work", "end")});
}

/// A flow with one task, `work`.
inline json task_flow(const std::string& name, const std::string& code_ref,
                      json data = json::object()) {
  data["code_ref"] = code_ref;
  return single(name, "task", std::move(data));
}

inline settings quiet_settings() {
  settings s;
  s.log.level = log_level::error;
  return s;
}

/// A new data folder, deleted at the end.
struct data_folder {
  data_folder()
      : path(std::filesystem::temp_directory_path() /
             ("pawl-engine-" + std::to_string(::getpid()) + "-" + std::to_string(next++))) {
    std::filesystem::remove_all(path);
  }
  ~data_folder() { std::filesystem::remove_all(path); }
  [[nodiscard]] settings used() const {
    settings s = quiet_settings();
    s.storage.data_dir = path;
    return s;
  }
  inline static std::atomic<int> next{0};
  std::filesystem::path path;
};

inline std::vector<std::string> kinds_of(const engine& e, const run_id& id) {
  std::vector<std::string> kinds;
  const auto history = e.runs().history(id);
  REQUIRE(history);
  for (const auto& each : *history) kinds.push_back(each.kind);
  return kinds;
}

inline std::size_t count_of(const std::vector<std::string>& kinds, const std::string& kind) {
  return static_cast<std::size_t>(std::count(kinds.begin(), kinds.end(), kind));
}

/// Waits until a run meets a condition and returns it.
template <class Condition>
run_view once(const engine& e, const run_id& id, Condition wanted) {
  const auto events = e.events().watch(id);
  for (int looks = 0; looks < 600; ++looks) {
    const auto now = e.get(id);
    REQUIRE(now);
    if (wanted(*now)) return *now;
    static_cast<void>(events->next(std::chrono::milliseconds{50}));
  }
  FAIL("the run did not reach the expected state");
  return {};
}

}  // namespace pawl::testing
