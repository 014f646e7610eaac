#include "bench/machine.hpp"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace pawl::bench {
namespace {

/// The processors that this process may use.
unsigned usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return std::thread::hardware_concurrency();
  return static_cast<unsigned>(CPU_COUNT(&set));
}

std::string cpu_model() {
  std::ifstream file{"/proc/cpuinfo"};
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != line.npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string kernel() {
  utsname of{};
  if (::uname(&of) != 0) return "unknown";
  return std::string{of.sysname} + " " + of.release + " " + of.machine;
}

/// The type of the file system with the longest mount point that `folder` is in.
std::string filesystem_of(const std::filesystem::path& folder) {
  std::error_code failed;
  const std::string path = std::filesystem::weakly_canonical(folder, failed).string();
  std::ifstream mounts{"/proc/self/mounts"};
  std::string best = "unknown";
  std::size_t longest = 0;
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words{line};
    std::string device, point, type;
    words >> device >> point >> type;
    const std::string below = point == "/" ? point : point + "/";
    if (point != path && !path.starts_with(below)) continue;
    if (point.size() < longest) continue;
    longest = point.size();
    best = type;
  }
  return best;
}

}  // namespace

json machine_of(const std::filesystem::path& folder) {
  return {{"cores", usable_cores()},
          {"cpu", cpu_model()},
          {"kernel", kernel()},
          {"memory_bytes",
           static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE)},
          {"filesystem", filesystem_of(folder)}};
}

}  // namespace pawl::bench
