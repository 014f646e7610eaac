#include <atomic>

#include "bench/flows.hpp"
#include "bench/subject.hpp"
#include "bench/workloads/workloads.hpp"

namespace pawl::bench {
namespace {

measurement measure_query(const round& with) {
  const auto on = open_subject(with);
  on->put_flow(linear_flow("queried", 10, on->noop()));
  // The names differ between rounds against one server.
  const std::string prefix = "query-" + unique_text() + "-";
  const auto id_of = [&](std::size_t i) { return prefix + std::to_string(i); };
  const auto started =
      all_of(with.items, [&](std::size_t i, done ended) { on->start("queried", id_of(i), ended); },
             {.in_flight = 512, .stopped = with.stopped});
  const auto ended =
      all_of(started.ended, [&](std::size_t i, done over) { on->wait(id_of(i), std::move(over)); },
             {.in_flight = 512, .stopped = with.stopped});
  if (with.stopped() || ended.ended == 0) return {};
  std::atomic<std::size_t> next{0};
  const auto op = [&](done read) { on->get(id_of(next++ % ended.ended), std::move(read)); };
  return measure_load(*on, with, op, 1);
}

}  // namespace

const workload query{.name = "query",
                     .description = "Reads of runs that have ended, with their data, by id.",
                     .unit = "reads",
                     .latency_of = "read",
                     .in_flight = 8,
                     .items = 1'000,
                     .takes_rate = true,
                     .takes_server = true,
                     .measure = measure_query};

}  // namespace pawl::bench
