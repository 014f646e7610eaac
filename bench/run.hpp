#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/settings.hpp>

#include "bench/http_peer.hpp"
#include "bench/load.hpp"
#include "bench/workload.hpp"

namespace pawl::bench {

/// How workloads are measured.
struct run_options {
  std::vector<std::size_t> in_flight = {};  ///< one result for each; empty: the workload's default
  std::optional<std::size_t> items = {};    ///< none: the workload's default
  seconds_type seconds{2};                  ///< of a round
  std::size_t rounds = 3;
  std::optional<double> rate = {};  ///< operations per second of an open loop
  /// Of the engine. `storage.data_dir` is replaced.
  pawl::settings settings = {};
  std::optional<http_address> server = {};
  std::filesystem::path folder = {};   ///< as `work_folder`
  std::filesystem::path program = {};  ///< `pawl`
  std::size_t idle = 0;
  std::size_t streams = 0;
  /// Receives what is measured next, as a line.
  std::function<void(const std::string&)> progress = [](const auto&) {};
  std::function<bool()> stopped = [] { return false; };  ///< polled
};

/// A workload with what differs between the elements of one document.
struct planned {
  const workload* what = nullptr;
  std::size_t in_flight = 1;
  std::size_t items = 0;
  pawl::durability durability = durability::sync;
};

/// What `options` say about `workloads`. Errors: `invalid_argument` for options that a workload
/// does not take.
[[nodiscard]] result<std::vector<planned>> plan_of(const std::vector<const workload*>& workloads,
                                                   const run_options& options);

/// Measures everything that is planned: all of it once per round, so that a change of the machine's
/// speed is in the figures of all. Each measurement has a new store. Returns the document. Errors:
/// `cancelled` if it was stopped; those of the engine and the folder.
[[nodiscard]] result<json> run(const std::vector<planned>& all, const run_options& options);

}  // namespace pawl::bench
