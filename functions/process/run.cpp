#include "functions/process/run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>

#include "functions/process/fd.hpp"
#include "functions/process/spawn.hpp"

namespace pawl::functions {
namespace {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t tail_bytes = 4 * 1024;
/// Polling interval for the end of a program on kernels without pidfd_open (before 5.3).
constexpr milliseconds fallback_interval{10};

error system_error(const char* doing) {
  return fail("exec_failed",
              std::string{"cannot "} + doing + ": " + std::generic_category().message(errno));
}

/// The read end of one of the program's output streams.
class stream_reader {
 public:
  stream_reader(captured_stream& into, std::size_t limit) : into_(into), limit_(limit) {}

  /// Opens the pipe. Returns the end for the program; an empty one on failure.
  unique_fd open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return {};
    fd_ = unique_fd{ends[0]};
    auto writes = above_streams(unique_fd{ends[1]});
    ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
    return writes;
  }

  /// -1, which poll ignores, after the stream has ended.
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] bool ended() const noexcept { return !fd_; }

  /// Reads the available output. Bounded, so that a program that writes without end cannot delay
  /// the check of its time limit.
  void read_some() {
    constexpr int reads_at_once = 16;
    char buffer[64 * 1024];
    for (int i = 0; i < reads_at_once && fd_; ++i) {
      const auto got = ::read(fd_.get(), buffer, sizeof buffer);
      if (got > 0) {
        take({buffer, static_cast<std::size_t>(got)});
      } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        fd_.reset();
      } else if (errno == EAGAIN) {
        return;
      }
    }
  }

 private:
  void take(std::string_view bytes) {
    into_.total_bytes += bytes.size();
    into_.head.append(bytes.substr(0, limit_ - std::min(limit_, into_.head.size())));
    into_.tail.append(bytes.substr(bytes.size() - std::min(bytes.size(), tail_bytes)));
    if (into_.tail.size() > tail_bytes) into_.tail.erase(0, into_.tail.size() - tail_bytes);
  }

  captured_stream& into_;
  std::size_t limit_;
  unique_fd fd_;
};

/// Opens the program's standard input as a file in memory: it may have any size, needs no writer,
/// and a program that does not read it cannot raise SIGPIPE here.
result<unique_fd> open_input(const std::string& text) {
  if (text.empty()) {
    auto null = above_streams(unique_fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)});
    if (!null) return system_error("open /dev/null for its input");
    return null;
  }
  auto file = above_streams(unique_fd{::memfd_create("pawl-stdin", MFD_CLOEXEC)});
  if (!file) return system_error("create a memory file for its input");
  std::string_view left = text;
  while (!left.empty()) {
    const auto wrote = ::write(file.get(), left.data(), left.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return system_error("write its input");
    left.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return system_error("rewind its input");
  return file;
}

/// A running program. The destructor kills and reaps it if that has not happened yet.
class child_process {
 public:
  explicit child_process(pid_t pid)
      : pid_(pid), pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process() {
    if (!reaped_) static_cast<void>(kill_and_reap());
  }

  /// Becomes readable when the program ends; -1 on kernels without pidfd_open.
  [[nodiscard]] int pidfd() const noexcept { return pidfd_.get(); }

  /// Whether the program has ended. Does not reap it: while its zombie exists, the number of its
  /// process group cannot be reused.
  [[nodiscard]] bool has_ended() const noexcept {
    siginfo_t info{};
    const auto options = WEXITED | WNOHANG | WNOWAIT;
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, options) != 0) return errno == ECHILD;
    return info.si_pid == pid_;
  }

  void signal_group(int number) const noexcept { ::kill(-pid_, number); }

  /// Kills the rest of the group. Returns the wait status of the program; -1 if other code has
  /// reaped it.
  int kill_and_reap() noexcept {
    reaped_ = true;
    signal_group(SIGKILL);
    int status = -1;
    pid_t got = 0;
    do got = ::waitpid(pid_, &status, 0);
    while (got < 0 && errno == EINTR);
    await_group_gone();
    return got == pid_ ? status : -1;
  }

 private:
  /// A killed process may still finish its current write, which must not overlap the next step.
  /// Bounded, because the rest may be zombies that init never reaps.
  void await_group_gone() const noexcept {
    for (int i = 0; i < 50 && ::kill(-pid_, 0) == 0; ++i)
      std::this_thread::sleep_for(milliseconds{1});
  }

  const pid_t pid_;
  unique_fd pidfd_;
  bool reaped_ = false;
};

/// One execution of a program, from its start to the last byte of its output.
class process_run {
 public:
  explicit process_run(const process_request& request)
      : request_(request),
        out_(end_.out, request.output_limit_bytes),
        err_(end_.err, request.output_limit_bytes) {}

  result<process_end> operator()() {
    wake_ = unique_fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!wake_) return system_error("create an eventfd");
    const auto started = steady::now();
    auto pid = start();
    if (!pid) return std::move(pid).error();
    child_process child{*pid};
    const std::stop_callback on_stop{request_.stop, [this] {
                                       const std::uint64_t one = 1;
                                       // Fails only if the counter is full; then the reader is
                                       // awake already.
                                       [[maybe_unused]] const auto written =
                                           ::write(wake_.get(), &one, sizeof one);
                                     }};
    if (request_.timeout.count() > 0) deadline_ = started + request_.timeout;

    while (!child.has_ended()) {
      wait(child.pidfd(), next_deadline());
      check_time(child);
    }
    drain();
    set_status(child.kill_and_reap());
    read_rest();
    end_.duration = std::chrono::duration_cast<milliseconds>(steady::now() - started);
    if (status_lost_) {
      return fail("exec_failed",
                  "the exit status of \"" + request_.argv[0] +
                      "\" is lost: this process ignores SIGCHLD or waits for any child");
    }
    return std::move(end_);
  }

 private:
  result<pid_t> start() {
    auto input = open_input(request_.input);
    if (!input) return std::move(input).error();
    const auto out = out_.open();
    const auto err = err_.open();
    if (!out || !err) return system_error("create pipes for its output");
    return spawn({request_.file, request_.argv, request_.env, request_.cwd, input->get(), out.get(),
                  err.get()});
  }

  /// Sleeps until output arrives, the program ends, a stop is requested or the time `until`. Then
  /// reads the output.
  void wait(int pidfd, std::optional<steady::time_point> until) {
    pollfd waits[] = {{out_.fd(), POLLIN, 0},
                      {err_.fd(), POLLIN, 0},
                      {pidfd, POLLIN, 0},
                      {terminated_ ? -1 : wake_.get(), POLLIN, 0}};
    if (pidfd < 0) {
      const auto next_poll = steady::now() + fallback_interval;
      until = until ? std::min(*until, next_poll) : next_poll;
    }
    ::poll(waits, std::size(waits), poll_timeout(until));
    if (waits[0].revents != 0) out_.read_some();
    if (waits[1].revents != 0) err_.read_some();
  }

  static int poll_timeout(std::optional<steady::time_point> until) {
    if (!until) return -1;
    const auto left = std::chrono::ceil<milliseconds>(*until - steady::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
  }

  [[nodiscard]] std::optional<steady::time_point> next_deadline() const {
    if (killed_) return std::nullopt;
    return terminated_ ? kill_at_ : deadline_;
  }

  /// Terminates the program, then kills it, after its time-out or a stop request.
  void check_time(const child_process& child) {
    const auto now = steady::now();
    if (terminated_) {
      if (!killed_ && now >= *kill_at_) {
        child.signal_group(SIGKILL);
        killed_ = true;
      }
      return;
    }
    if (request_.stop.stop_requested())
      end_.why = process_end::reason::stopped;
    else if (deadline_ && now >= *deadline_)
      end_.why = process_end::reason::timed_out;
    else
      return;
    terminated_ = true;
    kill_at_ = now + request_.kill_grace;
    child.signal_group(SIGTERM);
    child.signal_group(SIGCONT);  // a stopped process does not handle SIGTERM
  }

  /// Reads the output after the program's end, until the streams end or `drain_grace` is over.
  void drain() {
    auto until = steady::now() + request_.drain_grace;
    if (kill_at_) until = std::min(until, *kill_at_);
    // A stop request does not end this wait: it is short.
    while (!(out_.ended() && err_.ended()) && steady::now() < until) {
      pollfd waits[] = {{out_.fd(), POLLIN, 0}, {err_.fd(), POLLIN, 0}};
      ::poll(waits, std::size(waits), poll_timeout(until));
      if (waits[0].revents != 0) out_.read_some();
      if (waits[1].revents != 0) err_.read_some();
    }
  }

  /// Reads the output that was written between the last read and the end of the group. A process
  /// that has left the group may hold the pipe open and write more; this does not wait for it.
  void read_rest() {
    out_.read_some();
    err_.read_some();
  }

  void set_status(int status) {
    if (status == -1)
      status_lost_ = true;
    else if (WIFEXITED(status))
      end_.exit_code = WEXITSTATUS(status);
    else
      end_.signal = WTERMSIG(status);
  }

  const process_request& request_;
  process_end end_;
  stream_reader out_;
  stream_reader err_;
  unique_fd wake_;
  std::optional<steady::time_point> deadline_;
  std::optional<steady::time_point> kill_at_;
  bool terminated_ = false;
  bool killed_ = false;
  bool status_lost_ = false;
};

}  // namespace

result<process_end> run_process(const process_request& request) {
  return process_run{request}();
}

}  // namespace pawl::functions
