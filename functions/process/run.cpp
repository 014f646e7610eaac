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
/// How often an end is looked for on kernels that cannot tell it (before 5.3, no pidfd_open).
constexpr milliseconds fallback_interval{10};

error system_error(const char* doing) {
  return fail("exec_failed",
              std::string{"cannot "} + doing + ": " + std::generic_category().message(errno));
}

/// The reading end of one of the program's output streams.
class stream_reader {
 public:
  stream_reader(captured_stream& into, std::size_t limit) : into_(into), limit_(limit) {}

  /// Opens the pipe; gives the end for the program, or an empty one.
  unique_fd open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return {};
    fd_ = unique_fd{ends[0]};
    auto writes = above_streams(unique_fd{ends[1]});
    ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
    return writes;
  }

  /// -1 when the stream has ended, which poll ignores.
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] bool ended() const noexcept { return !fd_; }

  /// Takes what is there now. Bounded, so that a program that never stops writing cannot keep its
  /// time limit from being looked at.
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

/// The program's standard input as a file in memory: it can be of any size, nobody has to feed
/// it, and a program that does not read it cannot raise SIGPIPE here.
result<unique_fd> open_input(const std::string& text) {
  if (text.empty()) {
    auto null = above_streams(unique_fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)});
    if (!null) return system_error("open /dev/null for its input");
    return null;
  }
  auto file = above_streams(unique_fd{::memfd_create("pawl-stdin", MFD_CLOEXEC)});
  if (!file) return system_error("make a file in memory for its input");
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

/// A program under way. The destructor kills and reaps it, whatever happened before.
class child_process {
 public:
  explicit child_process(pid_t pid)
      : pid_(pid), pidfd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  child_process(const child_process&) = delete;
  child_process& operator=(const child_process&) = delete;
  ~child_process() {
    if (!reaped_) static_cast<void>(kill_and_reap());
  }

  /// Becomes readable when the program ends; -1 where the kernel cannot tell.
  [[nodiscard]] int pidfd() const noexcept { return pidfd_.get(); }

  /// True if the program itself has ended. It is not reaped: while its zombie is there its process
  /// group's number cannot be given to another.
  [[nodiscard]] bool has_ended() const noexcept {
    siginfo_t info{};
    const auto options = WEXITED | WNOHANG | WNOWAIT;
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, options) != 0) return errno == ECHILD;
    return info.si_pid == pid_;
  }

  void signal_group(int number) const noexcept { ::kill(-pid_, number); }

  /// Kills what is left of the group and gives the program's wait status, or -1 if somebody else
  /// has taken it.
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
  /// A killed process may still finish a write that it is in; the next step must not see that.
  /// Bounded, for the remains may also be zombies that a careless init never reaps.
  void await_group_gone() const noexcept {
    for (int i = 0; i < 50 && ::kill(-pid_, 0) == 0; ++i)
      std::this_thread::sleep_for(milliseconds{1});
  }

  const pid_t pid_;
  unique_fd pidfd_;
  bool reaped_ = false;
};

/// One run of a program, from its start to the last byte of its output.
class process_run {
 public:
  explicit process_run(const process_request& request)
      : request_(request),
        out_(end_.out, request.output_limit_bytes),
        err_(end_.err, request.output_limit_bytes) {}

  result<process_end> operator()() {
    wake_ = unique_fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    if (!wake_) return system_error("make an eventfd");
    const auto started = steady::now();
    auto pid = start();
    if (!pid) return std::move(pid).error();
    child_process child{*pid};
    const std::stop_callback on_stop{request_.stop, [this] {
                                       const std::uint64_t one = 1;
                                       // Fails only if the counter is full, and then the reader is
                                       // awake already.
                                       [[maybe_unused]] const auto written =
                                           ::write(wake_.get(), &one, sizeof one);
                                     }};
    if (request_.timeout.count() > 0) deadline_ = started + request_.timeout;

    while (!child.has_ended()) {
      wait(child.pidfd(), next_deadline());
      look_at_time(child);
    }
    drain();
    set_status(child.kill_and_reap());
    read_rest();
    end_.duration = std::chrono::duration_cast<milliseconds>(steady::now() - started);
    if (status_lost_) {
      return fail("exec_failed",
                  "the exit status of \"" + request_.argv[0] +
                      "\" is lost: this program ignores SIGCHLD or waits for any child");
    }
    return std::move(end_);
  }

 private:
  result<pid_t> start() {
    auto input = open_input(request_.input);
    if (!input) return std::move(input).error();
    const auto out = out_.open();
    const auto err = err_.open();
    if (!out || !err) return system_error("make pipes for its output");
    return spawn({request_.file, request_.argv, request_.env, request_.cwd, input->get(), out.get(),
                  err.get()});
  }

  /// Sleeps until there is output, the program ends, a stop is requested or `until` has come, and
  /// reads the output.
  void wait(int pidfd, std::optional<steady::time_point> until) {
    pollfd waits[] = {{out_.fd(), POLLIN, 0},
                      {err_.fd(), POLLIN, 0},
                      {pidfd, POLLIN, 0},
                      {given_up_ ? -1 : wake_.get(), POLLIN, 0}};
    if (pidfd < 0) {
      const auto look_again = steady::now() + fallback_interval;
      until = until ? std::min(*until, look_again) : look_again;
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
    return given_up_ ? kill_at_ : deadline_;
  }

  /// Ends the program step by step when it is over its time or not wanted any more.
  void look_at_time(const child_process& child) {
    const auto now = steady::now();
    if (given_up_) {
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
    given_up_ = true;
    kill_at_ = now + request_.kill_grace;
    child.signal_group(SIGTERM);
    child.signal_group(SIGCONT);  // a stopped process does not see SIGTERM
  }

  /// Reads on after the program's end, until the streams end or the time for that is over.
  void drain() {
    auto until = steady::now() + request_.drain_grace;
    if (kill_at_) until = std::min(until, *kill_at_);
    // Not woken by the program's end any more, nor by a stop: the time left is short.
    while (!(out_.ended() && err_.ended()) && steady::now() < until) {
      pollfd waits[] = {{out_.fd(), POLLIN, 0}, {err_.fd(), POLLIN, 0}};
      ::poll(waits, std::size(waits), poll_timeout(until));
      if (waits[0].revents != 0) out_.read_some();
      if (waits[1].revents != 0) err_.read_some();
    }
  }

  /// What came between the last read and the end of the group. A process that left the group may
  /// hold the pipe open and go on writing; it is not waited for.
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
  bool given_up_ = false;
  bool killed_ = false;
  bool status_lost_ = false;
};

}  // namespace

result<process_end> run_process(const process_request& request) {
  return process_run{request}();
}

}  // namespace pawl::functions
