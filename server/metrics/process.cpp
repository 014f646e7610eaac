#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "server/metrics/families.hpp"
#include "server/metrics/readings.hpp"

namespace pawl::server {
namespace {

namespace fs = std::filesystem;

/// Fields of /proc/self/stat, numbered as in proc(5).
struct process_stat {
  double user_ticks = 0;      ///< field 14
  double system_ticks = 0;    ///< 15
  double started_ticks = 0;   ///< 22, since boot
  double virtual_bytes = 0;   ///< 23
  double resident_pages = 0;  ///< 24
};

std::optional<process_stat> read_stat() {
  std::ifstream in{"/proc/self/stat"};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  // The second field, the program's name in parentheses, may contain any character.
  const auto name_end = text.rfind(')');
  if (name_end == text.npos) return std::nullopt;
  std::istringstream fields{text.substr(name_end + 1)};
  process_stat found;
  std::string field;
  for (int number = 3; number <= 24 && fields >> field; ++number) {
    double* const to = number == 14   ? &found.user_ticks
                       : number == 15 ? &found.system_ticks
                       : number == 22 ? &found.started_ticks
                       : number == 23 ? &found.virtual_bytes
                       : number == 24 ? &found.resident_pages
                                      : nullptr;
    if (to != nullptr) *to = std::strtod(field.c_str(), nullptr);
  }
  if (!fields) return std::nullopt;
  return found;
}

/// Boot time in seconds since 1970.
double boot_time() {
  std::ifstream in{"/proc/stat"};
  for (std::string name; in >> name; in.ignore(std::numeric_limits<std::streamsize>::max(), '\n')) {
    double seconds = 0;
    if (name == "btime" && in >> seconds) return seconds;
  }
  return 0;
}

std::size_t open_fds() {
  std::error_code failed;
  std::size_t count = 0;
  for (fs::directory_iterator fd{"/proc/self/fd", failed};
       !failed && fd != fs::directory_iterator{}; fd.increment(failed)) {
    ++count;
  }
  return count > 0 ? count - 1 : 0;  // without the iterator's own descriptor
}

}  // namespace

void add_process(families& to) {
  const auto stat = read_stat();
  if (!stat) return;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  rlimit fds{};
  ::getrlimit(RLIMIT_NOFILE, &fds);
  add_counter(to, "process_cpu_seconds_total", "Total user and system CPU time.",
              (stat->user_ticks + stat->system_ticks) / ticks);
  add_gauge(to, "process_start_time_seconds", "Start time of the process in seconds since 1970.",
            boot_time() + stat->started_ticks / ticks);
  add_gauge(to, "process_resident_memory_bytes", "Resident memory size.",
            stat->resident_pages * page);
  add_gauge(to, "process_virtual_memory_bytes", "Virtual memory size.", stat->virtual_bytes);
  add_gauge(to, "process_open_fds", "Open file descriptors.", static_cast<double>(open_fds()));
  add_gauge(to, "process_max_fds", "Maximum number of open file descriptors.",
            static_cast<double>(fds.rlim_cur));
}

std::uint64_t bytes_in_folder(const fs::path& folder) {
  std::uint64_t sum = 0;
  std::error_code failed;
  for (fs::directory_iterator file{folder, failed}; !failed && file != fs::directory_iterator{};
       file.increment(failed)) {
    std::error_code removed;  // RocksDB may remove the file at any time
    if (!file->is_regular_file(removed)) continue;
    const auto size = file->file_size(removed);
    if (!removed) sum += size;
  }
  return sum;
}

}  // namespace pawl::server
