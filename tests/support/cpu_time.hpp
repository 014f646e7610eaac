#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace pawl::testing {

/// The processor time that this process has used.
[[nodiscard]] inline std::chrono::microseconds cpu_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return std::chrono::seconds{usage.ru_utime.tv_sec + usage.ru_stime.tv_sec} +
         std::chrono::microseconds{usage.ru_utime.tv_usec + usage.ru_stime.tv_usec};
}

/// What the scheduler of the system counts of threads: see schedstat in proc(5).
struct thread_usage {
  std::chrono::nanoseconds time{0};
  std::uint64_t times = 0;  ///< how often they were given a processor
};

/// The use by the threads of this process, alive now, whose names begin with `name`.
[[nodiscard]] inline thread_usage usage_of_threads(const std::string& name) {
  thread_usage sum;
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator{"/proc/self/task", gone}) {
    std::string comm;
    std::getline(std::ifstream{task.path() / "comm"} >> std::ws, comm);
    std::int64_t ns = 0, waited_ns = 0;
    std::uint64_t times = 0;
    if (!comm.starts_with(name)) continue;
    if (std::ifstream{task.path() / "schedstat"} >> ns >> waited_ns >> times) {
      sum.time += std::chrono::nanoseconds{ns};
      sum.times += times;
    }
  }
  return sum;
}

}  // namespace pawl::testing
