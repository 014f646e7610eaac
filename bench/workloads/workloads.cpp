#include "bench/workloads/workloads.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>

#include "config/keys.hpp"
#include "config/values.hpp"

namespace pawl::bench {

const std::vector<const workload*>& all_workloads() {
  static const std::vector<const workload*> all{
      &linear_10,     &linear_3,       &linear_1,      &pure_10,   &alone,      &query,
      &signal_parked, &signal_one_run, &timers,        &map_items, &branches,   &parked,
      &recovery,      &http_3,         &http_3_worker, &bare,      &bare_plain,
  };
  return all;
}

const workload* find_workload(std::string_view name) {
  const auto& all = all_workloads();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const workload* each) { return each->name == name; });
  return found == all.end() ? nullptr : *found;
}

std::string unique_text() {
  static std::atomic<unsigned> calls{0};
  return std::to_string(std::chrono::system_clock::now().time_since_epoch().count()) + "-" +
         std::to_string(::getpid()) + "-" + std::to_string(++calls);
}

std::string durability_text(const settings& s) {
  return config::to_json(*config::find_key("storage.durability"), s).get<std::string>();
}

}  // namespace pawl::bench
