#pragma once

#include <string>

#include "bench/workload.hpp"

/// One workload per file of this folder; `workloads.cpp` lists them.
namespace pawl::bench {

extern const workload linear_10;
extern const workload linear_3;
extern const workload linear_1;
extern const workload pure_10;
extern const workload alone;
extern const workload query;
extern const workload signal_parked;
extern const workload signal_one_run;
extern const workload timers;
extern const workload map_items;
extern const workload branches;
extern const workload parked;
extern const workload recovery;
extern const workload http_3;
extern const workload http_3_worker;
extern const workload bare;
extern const workload bare_plain;

/// A short text that no other call on this machine returns, for names on a server.
[[nodiscard]] std::string unique_text();
/// "sync", "async" or "off".
[[nodiscard]] std::string durability_text(const settings& s);

}  // namespace pawl::bench
