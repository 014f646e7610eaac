#include "benchmarks/served_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace pawl::benchmark {
namespace {

constexpr std::string_view ready = "listening on http://127.0.0.1:";

/// Reads the output until the process is ready or ends.
std::string read_until_ready(int fd) {
  std::string said;
  std::array<char, 4096> piece;
  while (said.find(ready) == said.npos || said.back() != '\n') {
    const ssize_t size = ::read(fd, piece.data(), piece.size());
    if (size <= 0) break;
    said.append(piece.data(), static_cast<std::size_t>(size));
  }
  return said;
}

double seconds_of(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

}  // namespace

served_process::served_process(const std::filesystem::path& program,
                               const std::filesystem::path& data_dir,
                               const std::vector<std::string>& arguments) {
  std::vector<std::string> words{program.string(), "serve",           "--listen",    "127.0.0.1:0",
                                 "--data-dir",     data_dir.string(), "--log-level", "error"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot create a pipe");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  const int failed = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  // Later output is not read; at this log level there is little.
  const std::string said = failed == 0 ? read_until_ready(ends[0]) : std::string{};
  const auto at = said.find(ready);
  if (failed == 0 && at != said.npos) {
    port_ = static_cast<std::uint16_t>(std::stoul(said.substr(at + ready.size())));
    return;
  }
  ::close(ends[0]);
  if (failed == 0) stop();
  throw std::runtime_error(program.string() + " serve did not start: " + said);
}

served_process::~served_process() {
  if (pid_ > 0) static_cast<void>(stop());
}

double served_process::resident_mib() const {
  std::ifstream statm{"/proc/" + std::to_string(pid_) + "/statm"};
  double all = 0, resident = 0;
  statm >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double served_process::cpu_seconds() const {
  std::ifstream file{"/proc/" + std::to_string(pid_) + "/stat"};
  std::ostringstream text;
  text << file.rdbuf();
  // User and system time are the 12th and 13th field after the name, which may contain any
  // character.
  std::istringstream rest{text.str().substr(text.str().rfind(')') + 1)};
  std::string word;
  for (int i = 0; i < 11; ++i) rest >> word;
  double user = 0, system = 0;
  rest >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

int served_process::stop() {
  ::kill(pid_, SIGTERM);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

double own_cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

bool allow_open_files(std::uint64_t files) {
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0) return false;
  if (now.rlim_cur >= files) return true;
  if (now.rlim_max < files) return false;
  now.rlim_cur = files;
  return ::setrlimit(RLIMIT_NOFILE, &now) == 0;
}

}  // namespace pawl::benchmark
