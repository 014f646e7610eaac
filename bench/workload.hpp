#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/settings.hpp>

#include "bench/histogram.hpp"
#include "bench/http_peer.hpp"
#include "bench/load.hpp"

namespace pawl::bench {

/// What a workload is measured with, once.
struct round {
  /// `storage.data_dir` is a folder that does not exist yet; it is deleted after the round.
  pawl::settings settings;
  std::size_t in_flight = 1;        ///< maximum number of operations at a time
  std::size_t items = 0;            ///< of workloads with a fixed amount of work
  seconds_type length{2};           ///< of workloads that are measured for a time
  std::optional<double> rate = {};  ///< operations per second of an open loop; none: closed loop
  std::optional<http_address> server = {};  ///< a server that runs already; none: this process
  std::filesystem::path program;            ///< `pawl`, to start a server or a process to kill
  std::size_t idle = 0;                     ///< idle connections to a server meanwhile
  std::size_t streams = 0;                  ///< event streams of a server meanwhile
  std::function<bool()> stopped = [] { return false; };  ///< the user has asked to stop

  [[nodiscard]] load_limits limits() const { return {in_flight, length, stopped}; }
};

/// What one round has measured.
struct measurement {
  double items = 0;    ///< in the unit of the workload
  double seconds = 0;  ///< in which they were done
  /// Processor time of this process and of a server that it has started, while the items were done;
  /// none if part of the work was done elsewhere.
  std::optional<double> cpu_seconds = {};
  std::optional<std::uint64_t> syncs = {};  ///< of the log, meanwhile
  histogram latency_ns = {};                ///< of what `latency_of` names
  /// Further figures, with their unit at the end of the name: "first_signal_ms".
  std::vector<std::pair<std::string, double>> figures = {};
};

/// Something to measure. One file in `workloads/` each, and a line in `workloads.cpp`.
struct workload {
  std::string_view name;
  std::string_view description;  ///< one line
  std::string_view unit;         ///< what the rate counts: "steps"
  std::string_view latency_of;   ///< what the latency is of: "run"
  std::size_t in_flight = 512;   ///< default
  std::size_t items = 0;         ///< default; 0: it is measured for a time
  bool takes_rate = false;       ///< can be an open loop
  bool takes_server = false;     ///< can be measured against a server
  bool uses_http = false;        ///< always against a server; starts one if none is given
  /// Throws `failure`.
  measurement (*measure)(const round& with) = nullptr;
};

/// All workloads, in the order of `pawl bench list`.
[[nodiscard]] const std::vector<const workload*>& all_workloads();
/// Null if there is none of this name.
[[nodiscard]] const workload* find_workload(std::string_view name);

}  // namespace pawl::bench
