#include "bench/run.hpp"

#include <algorithm>
#include <exception>
#include <system_error>

#include <pawl/version.hpp>

#include "bench/chosen_settings.hpp"
#include "bench/failure.hpp"
#include "bench/machine.hpp"
#include "bench/results.hpp"
#include "bench/work_folder.hpp"

namespace pawl::bench {
namespace {

/// Deletes the data of a round.
class data_of_round {
 public:
  explicit data_of_round(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~data_of_round() {
    std::error_code ignored;  // `work_folder` tries again
    std::filesystem::remove_all(folder_, ignored);
  }
  data_of_round(const data_of_round&) = delete;
  data_of_round& operator=(const data_of_round&) = delete;

 private:
  const std::filesystem::path folder_;
};

round round_of(const planned& plan, const run_options& options) {
  round with;
  with.settings = options.settings;
  with.settings.storage.durability = plan.durability;
  with.in_flight = plan.in_flight;
  with.items = plan.items;
  with.length = options.seconds;
  if (plan.what->takes_rate) with.rate = options.rate;
  with.server = options.server;
  with.program = options.program;
  with.idle = options.idle;
  with.streams = options.streams;
  with.stopped = options.stopped;
  return with;
}

json settings_of(const run_options& options, const std::filesystem::path& folder) {
  return {{"seconds", options.seconds.count()},
          {"rounds", options.rounds},
          {"folder", folder.string()},
          {"server", options.server
                         ? json(options.server->host + ":" + std::to_string(options.server->port))
                         : json(nullptr)},
          {"engine", chosen_settings(options.settings)},
          {"idle_connections", options.idle},
          {"streams", options.streams}};
}

json measure_all(const std::vector<planned>& all, const run_options& options) {
  const work_folder data{options.folder};
  std::vector<round> withs;
  for (const auto& each : all) withs.push_back(round_of(each, options));
  std::vector<std::vector<measurement>> seen(all.size());
  for (std::size_t n = 0; n < options.rounds; ++n) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      options.progress(std::string{all[i].what->name} + ", " + std::to_string(all[i].in_flight) +
                       " in flight, round " + std::to_string(n + 1) + " of " +
                       std::to_string(options.rounds));
      withs[i].settings.storage.data_dir =
          data.path() / (std::to_string(n) + "-" + std::to_string(i));
      withs[i].settings.storage.url.clear();
      const data_of_round deleted{withs[i].settings.storage.data_dir};
      seen[i].push_back(all[i].what->measure(withs[i]));
      if (options.stopped()) throw failure{errc::cancelled, "stopped before the last round"};
    }
  }
  json results = json::array();
  for (std::size_t i = 0; i < all.size(); ++i)
    results.push_back(result_of(*all[i].what, withs[i], seen[i]));
  return {{"format", document_format},
          {"version", library_version},
          {"commit", commit},
          {"machine", machine_of(data.path())},
          {"settings", settings_of(options, data.parent())},
          {"results", std::move(results)}};
}

error not_taken(const workload& what, const std::string& option, const std::string& why) {
  return {errc::invalid_argument,
          "the workload " + std::string{what.name} + " does not take " + option + ": " + why};
}

}  // namespace

result<std::vector<planned>> plan_of(const std::vector<const workload*>& workloads,
                                     const run_options& options) {
  std::vector<planned> all;
  for (const auto* each : workloads) {
    if (options.rate && !each->takes_rate)
      return not_taken(*each, "--rate", "its work has no rate of its own");
    if (options.server && !each->takes_server)
      return not_taken(*each, "--server", "it measures an engine in this process");
    if (options.items && each->items == 0)
      return not_taken(*each, "--items", "it is measured for a time (--seconds)");
    if (options.idle + options.streams > 0 && !each->uses_http)
      return not_taken(*each, "--idle and --streams", "it has no server");
    auto in_flight = options.in_flight;
    if (in_flight.empty()) in_flight.push_back(each->in_flight);
    for (const std::size_t n : in_flight) {
      all.push_back(
          {each, n, options.items.value_or(each->items), options.settings.storage.durability});
    }
  }
  return all;
}

result<json> run(const std::vector<planned>& all, const run_options& options) {
  try {
    return measure_all(all, options);
  } catch (const failure& why) {
    return why.why();
  } catch (const std::exception& why) {  // of the standard library and Asio
    return error{errc::unavailable, std::string{"the benchmark failed: "} + why.what()};
  }
}

}  // namespace pawl::bench
