#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "bench/histogram.hpp"

namespace pawl::bench {

using clock_type = std::chrono::steady_clock;
using seconds_type = std::chrono::duration<double>;

/// Receives the end of an operation: what failed, or an empty text.
using done = std::function<void(const std::string& failed)>;

/// Begins something and returns; calls its argument once, on any thread, when that has ended. May
/// call it before it returns only to report a failure.
using operation = std::function<void(done)>;

struct load_limits {
  std::size_t in_flight = 1;  ///< maximum number of operations at a time
  seconds_type length{1};     ///< no operation begins later
  /// Polled; when true, no further operation begins.
  std::function<bool()> stopped = [] { return false; };
};

struct load_result {
  histogram latency_ns;
  std::uint64_t ended = 0;   ///< number of operations
  std::uint64_t unsent = 0;  ///< open loop: due, but not begun
  double seconds = 0;        ///< until the last one has ended
};

/// Keeps `in_flight` operations in flight. Throws `failure` if one fails, after all have ended.
[[nodiscard]] load_result closed_loop(const operation& op, const load_limits& limits);

/// Makes `count` operations, `in_flight` at a time, and waits for their ends. The operation gets
/// its number, from 0. Throws `failure`. `limits.length` is not used.
[[nodiscard]] load_result all_of(std::size_t count,
                                 const std::function<void(std::size_t, done)>& op,
                                 const load_limits& limits);

/// Makes one operation and waits for its end. Throws `failure`.
void await(const operation& op);

/// Begins `rate` operations per second, whether or not earlier ones have ended, except for the
/// limit of those in flight. The latency of an operation counts from the time at which it was due,
/// also if it began later: a stall of what is measured is in the latencies of all operations that
/// were due during it (coordinated omission: Gil Tene, "How NOT to Measure Latency", 2013; so does
/// wrk2). After twice `length` no operation begins any more; those that were due count with the
/// time that they have waited, and in `unsent`. Throws `failure`.
[[nodiscard]] load_result open_loop(const operation& op, double rate, const load_limits& limits);

}  // namespace pawl::bench
