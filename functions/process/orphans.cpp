#include "functions/process/orphans.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <sstream>
#include <thread>

#include <pawl/code_ref.hpp>

#include "functions/process/fd.hpp"

namespace pawl::functions {
namespace {

constexpr std::string_view step_mark = "PAWL_STEP=";
constexpr std::string_view owner_mark = "PAWL_OWNER=";
constexpr std::size_t max_environment_bytes = 8u << 20;
/// How long `clear` waits for the end of killed processes.
constexpr std::chrono::seconds kill_limit{10};

std::string proc_path(pid_t pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

/// Reads a file of /proc. None if it cannot be opened: the process is gone or not ours.
std::optional<std::string> read_proc(const std::string& path) {
  const unique_fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return std::nullopt;
  std::string all;
  char buffer[16 * 1024];
  while (all.size() < max_environment_bytes) {
    const auto got = ::read(fd.get(), buffer, sizeof buffer);
    if (got <= 0) break;
    all.append(buffer, static_cast<std::size_t>(got));
  }
  return all;
}

/// The state of a process in /proc/pid/stat (proc(5), fields 3, 22, 23 and 51).
struct process_stat {
  /// Start time in ticks since boot. Together with the pid it identifies a process.
  std::string start;
  /// Has memory but no environment yet: the process is executing another program.
  bool is_between_programs = false;
};

/// None if the process has ended.
std::optional<process_stat> stat_of(pid_t pid) {
  const auto text = read_proc(proc_path(pid, "stat"));
  const auto name_end = text ? text->rfind(')') : std::string::npos;  // a name may have brackets
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest{text->substr(name_end + 1)};
  std::vector<std::string> fields(3);  // so that the indexes are those of proc(5)
  for (std::string field; rest >> field;) fields.push_back(std::move(field));
  if (fields.size() <= 51 || fields[3] == "Z" || fields[3] == "X") return std::nullopt;
  return process_stat{fields[22], fields[23] != "0" && fields[51] == "0"};
}

std::optional<std::string> start_of(pid_t pid) {
  auto stat = stat_of(pid);
  return stat ? std::optional{std::move(stat->start)} : std::nullopt;
}

/// Returns the environment of a process; "" if it has none, is gone or not ours. Waits briefly for
/// a process that is executing another program.
std::string environment_of(pid_t pid) {
  for (int tries = 0; tries < 1'000; ++tries) {
    auto text = read_proc(proc_path(pid, "environ"));
    if (!text) return {};
    if (!text->empty()) return *std::move(text);
    if (const auto stat = stat_of(pid); !stat || !stat->is_between_programs) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return {};
}

std::string pid_namespace() {
  char target[64];
  const auto length = ::readlink("/proc/self/ns/pid", target, sizeof target);
  return length > 0 ? std::string{target, static_cast<std::size_t>(length)} : "?";
}

/// "pid,start,namespace" of this process.
std::string own_name() {
  const auto pid = ::getpid();
  return std::to_string(pid) + "," + start_of(pid).value_or("?") + "," + pid_namespace();
}

/// Whether `owner`, written by `own_name`, was a process of our namespace and has ended.
bool is_gone(std::string_view owner) {
  const auto first = owner.find(',');
  const auto second = owner.find(',', first == owner.npos ? first : first + 1);
  if (second == owner.npos || owner.substr(second + 1) != pid_namespace()) return false;
  pid_t pid = 0;
  const auto number = owner.substr(0, first);
  const auto [end, failure] = std::from_chars(number.data(), number.data() + first, pid);
  if (failure != std::errc{} || pid <= 0) return false;
  return start_of(pid) != std::string{owner.substr(first + 1, second - first - 1)};
}

/// Returns the value of a variable in the text of /proc/pid/environ.
std::optional<std::string_view> value_of(std::string_view mark, std::string_view environment) {
  for (std::size_t at = 0; at < environment.size();) {
    const auto end = std::min(environment.find('\0', at), environment.size());
    const auto variable = environment.substr(at, end - at);
    if (variable.starts_with(mark)) return variable.substr(mark.size());
    at = end + 1;
  }
  return std::nullopt;
}

/// Returns the step of `pid` if the process is an orphan.
std::optional<std::string> orphaned_step(pid_t pid) {
  const auto environment = environment_of(pid);
  const auto step = value_of(step_mark, environment);
  const auto owner = value_of(owner_mark, environment);
  if (!step || !owner || !start_of(pid) || !is_gone(*owner)) return std::nullopt;
  return std::string{*step};
}

struct orphan {
  pid_t pid;
  std::string step;
};

std::vector<orphan> find_orphans() {
  std::vector<orphan> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> processes{::opendir("/proc"), &::closedir};
  if (!processes) return found;
  while (const auto* entry = ::readdir(processes.get())) {
    pid_t pid = 0;
    const std::string_view name = entry->d_name;
    const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (failure != std::errc{} || end != name.data() + name.size()) continue;
    struct stat about {};
    if (::fstatat(::dirfd(processes.get()), entry->d_name, &about, 0) != 0) continue;
    if (about.st_uid != ::geteuid()) continue;
    if (auto step = orphaned_step(pid)) found.push_back({pid, *std::move(step)});
  }
  return found;
}

/// Kills a process if it is still the same orphan: pids are reused. Waits until it has ended, at
/// the latest until `until`: a killed process loses its environment first, but keeps its files open
/// and locked until its memory is freed. Returns whether it has ended.
bool kill_orphan(const orphan& old, std::chrono::steady_clock::time_point until) {
  const unique_fd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, old.pid, 0))};
  const auto start = start_of(old.pid);
  if (!start || orphaned_step(old.pid) != old.step) return true;
  if (pidfd)
    ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
  else
    ::kill(old.pid, SIGKILL);
  while (start_of(old.pid) == start) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

}  // namespace

std::vector<std::string> orphan_killer::marks(std::string_view step) {
  return {std::string{step_mark}.append(step), std::string{owner_mark} + own_name()};
}

result<void> orphan_killer::clear(const std::string& step) {
  // Held throughout: a second step must not start before the first search is complete, and two
  // steps with orphans are rare.
  const std::lock_guard lock{mutex_};
  if (!searched_)
    for (auto& old : find_orphans()) steps_.insert(std::move(old.step));
  searched_ = true;
  if (steps_.find(step) == steps_.end()) return {};

  // Repeats the search: a process that is being killed may have started another.
  const auto until = std::chrono::steady_clock::now() + kill_limit;
  for (bool found = true; found;) {
    found = false;
    for (const auto& old : find_orphans()) {
      if (old.step != step) continue;
      found = true;
      if (!kill_orphan(old, until)) {
        return fail("exec_failed", "process " + std::to_string(old.pid) +
                                       " of an earlier attempt of this step is still running and "
                                       "cannot be killed; end it, then retry");
      }
    }
  }
  steps_.erase(step);
  return {};
}

}  // namespace pawl::functions
