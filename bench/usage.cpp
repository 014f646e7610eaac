#include "bench/usage.hpp"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "bench/failure.hpp"

namespace pawl::bench {
namespace {

double seconds_of(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

std::string file_of(int process, const char* name) {
  return "/proc/" + (process == 0 ? "self" : std::to_string(process)) + "/" + name;
}

}  // namespace

double own_cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

double cpu_seconds_of(int process) {
  std::ifstream file{file_of(process, "stat")};
  std::ostringstream text;
  text << file.rdbuf();
  const auto name_end = text.str().rfind(')');
  if (name_end == std::string::npos) return 0;
  // User and system time are the 12th and 13th field after the name, which may contain any
  // character.
  std::istringstream rest{text.str().substr(name_end + 1)};
  std::string word;
  for (int i = 0; i < 11; ++i) rest >> word;
  double user = 0, system = 0;
  rest >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double resident_bytes(int process) {
  if (process == 0) ::malloc_trim(0);
  std::ifstream statm{file_of(process, "statm")};
  double all = 0, resident = 0;
  statm >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double disk_bytes(const std::filesystem::path& folder) {
  double sum = 0;
  std::error_code failed;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder, failed}) {
    struct stat found {};  // a file may be deleted meanwhile
    if (::lstat(entry.path().c_str(), &found) == 0 && S_ISREG(found.st_mode))
      sum += static_cast<double>(found.st_blocks) * 512;
  }
  return sum;
}

void allow_open_files(std::uint64_t files) {
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) == 0) {
    if (now.rlim_cur >= files) return;
    if (now.rlim_max >= files) {
      now.rlim_cur = files;
      if (::setrlimit(RLIMIT_NOFILE, &now) == 0) return;
    }
  }
  throw failure{errc::limit_exceeded, "the limit of open files is below the " +
                                          std::to_string(files) +
                                          " needed; raise it (ulimit -Hn), or lower --in-flight, "
                                          "--idle and --streams"};
}

}  // namespace pawl::bench
