#include "functions/process/spawn.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include <pawl/code_ref.hpp>

#include "functions/process/fd.hpp"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

namespace pawl::functions {
namespace {

/// Reported by a child that cannot execute the program.
struct child_failure {
  enum stage : int { streams, directory, execute };
  int at;
  int error_number;
};

/// The input of the child, prepared before the fork: the child must not allocate.
struct child_plan {
  const char* file;
  char* const* argv;
  char* const* env;
  const char* cwd;  ///< null: no change
  int streams[3];
  int report_fd;
  pid_t parent;
  int highest_fd;  ///< bound for closing one by one, on kernels without close_range
};

[[noreturn]] void report(const child_plan& plan, child_failure::stage at) noexcept {
  const child_failure failure{at, errno};
  // A write this small is atomic. If it fails, the parent sees the exit status.
  [[maybe_unused]] const auto written = ::write(plan.report_fd, &failure, sizeof failure);
  ::_exit(127);
}

void close_on_exec_from_3(const child_plan& plan) noexcept {
  if (::syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) == 0) return;
  for (int fd = 3; fd < plan.highest_fd; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/// Runs in the child until the exec, in the memory of the parent: makes only system calls; must not
/// allocate, lock or change shared state.
[[noreturn]] void become_program(const child_plan& plan) noexcept {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // If the parent died before the line above, nothing would kill this process.
  if (::getppid() != plan.parent) ::_exit(127);

  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);

  for (int stream = 0; stream < 3; ++stream)
    if (::dup2(plan.streams[stream], stream) < 0) report(plan, child_failure::streams);
  close_on_exec_from_3(plan);
  if (plan.cwd != nullptr && ::chdir(plan.cwd) != 0) report(plan, child_failure::directory);

  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(plan.file, plan.argv, plan.env);
  report(plan, child_failure::execute);
}

/// Only forks: the child uses the memory of this frame until the exec.
[[gnu::noinline]] pid_t fork_child(const child_plan& plan) noexcept {
  const pid_t pid = ::vfork();
  if (pid == 0) become_program(plan);
  return pid;
}

/// Blocks the signals of this thread while the child shares its memory, so that none of our
/// handlers runs in the child.
class signals_blocked {
 public:
  signals_blocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  signals_blocked(const signals_blocked&) = delete;
  signals_blocked& operator=(const signals_blocked&) = delete;
  ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (const auto& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

int highest_fd() noexcept {
  constexpr int enough = 65'536;
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > enough) return enough;
  return static_cast<int>(limit.rlim_cur);
}

std::string text_of(int error_number) {
  return std::generic_category().message(error_number);
}

error not_started(const spawn_request& request, const std::string& why) {
  return fail("exec_failed", "cannot start " + pawl::quoted(request.file) + ": " + why);
}

error explain(const spawn_request& request, const child_failure& failure) {
  const auto why = text_of(failure.error_number);
  switch (failure.at) {
    case child_failure::directory:
      return not_started(request,
                         "cannot enter the directory " + pawl::quoted(request.cwd) + ": " + why);
    case child_failure::streams:
      return not_started(request, "cannot set up its input and output: " + why);
    default:
      return not_started(request, why);
  }
}

}  // namespace

result<pid_t> spawn(const spawn_request& request) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return not_started(request, text_of(errno));
  auto reads = above_streams(unique_fd{ends[0]});
  auto writes = above_streams(unique_fd{ends[1]});
  if (!reads || !writes) return not_started(request, text_of(errno));

  const auto argv = pointers(request.argv);
  const auto env = pointers(request.env);
  const child_plan plan{request.file.c_str(),
                        argv.data(),
                        env.data(),
                        request.cwd.empty() ? nullptr : request.cwd.c_str(),
                        {request.stdin_fd, request.stdout_fd, request.stderr_fd},
                        writes.get(),
                        ::getpid(),
                        highest_fd()};
  pid_t pid = -1;
  int fork_error = 0;
  {
    const signals_blocked guard;
    pid = fork_child(plan);
    fork_error = errno;
  }
  if (pid < 0) return not_started(request, text_of(fork_error));

  // End of file means success: the exec has closed the pipe.
  writes.reset();
  child_failure failure{};
  ssize_t got = 0;
  do got = ::read(reads.get(), &failure, sizeof failure);
  while (got < 0 && errno == EINTR);
  if (got == 0) return pid;
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) continue;
  if (got != sizeof failure) return not_started(request, "the child process reported no reason");
  return explain(request, failure);
}

}  // namespace pawl::functions
