#include "tests/linear/life.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

#include <pawl/assert.hpp>

namespace pawl::linear {
namespace {

using steady = std::chrono::steady_clock;

struct ends {
  int read = -1;
  int write = -1;
};

ends make_pipe() {
  int both[2] = {-1, -1};
  PAWL_ASSERT(::pipe2(both, O_CLOEXEC) == 0, "a pipe can be created");
  return {both[0], both[1]};
}

class process {
 public:
  explicit process(const std::vector<std::string>& program) {
    std::vector<char*> arguments;
    for (const auto& a : program) arguments.push_back(const_cast<char*>(a.c_str()));
    arguments.push_back(nullptr);
    const ends input = make_pipe(), output = make_pipe();
    const pid_t parent = ::getpid();
    id_ = ::fork();
    PAWL_ASSERT(id_ >= 0, "a process can be created");
    if (id_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) ::_exit(127);
      ::dup2(input.read, STDIN_FILENO);
      ::dup2(output.write, STDOUT_FILENO);
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    ::close(input.read);
    ::close(output.write);
    input_ = input.write;
    output_ = output.read;
  }
  process(const process&) = delete;
  process& operator=(const process&) = delete;
  ~process() {
    close_input();
    ::close(output_);
    if (id_ < 0) return;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }

  void send(int signal) const { ::kill(id_, signal); }
  void close_input() {
    if (input_ >= 0) ::close(std::exchange(input_, -1));
  }
  [[nodiscard]] int output() const { return output_; }
  /// Waits for the end of a process that has closed its output.
  int reap() {
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) continue;
    id_ = -1;
    return status;
  }

 private:
  pid_t id_ = -1;
  int input_ = -1;
  int output_ = -1;
};

class life {
 public:
  life(const std::vector<std::string>& program, const std::vector<injection>& injections,
       std::chrono::milliseconds watchdog, const std::function<void(const std::string&)>& line)
      : process_(program), injections_(injections), watchdog_(watchdog), line_(line) {}

  exit_result run() {
    exit_result end;
    heard_ = steady::now();
    while (true) {
      act();
      if (!stopped_until_ && steady::now() > heard_ + watchdog_ && !end.hung) {
        end.hung = true;
        process_.send(SIGKILL);
      }
      if (!wait() || read()) continue;
      end.status = process_.reap();
      return end;
    }
  }

 private:
  /// Injects the faults that are due.
  void act() {
    const auto now = steady::now();
    if (stopped_until_) {
      if (now < *stopped_until_) return;
      stopped_until_.reset();
      heard_ = now;
      process_.send(SIGCONT);
    }
    if (next_ == injections_.size() || calls_ < injections_[next_].calls) return;
    const injection& b = injections_[next_];
    if (!due_) due_ = now + b.delay;
    if (now < *due_) return;
    due_.reset();
    ++next_;
    switch (b.what) {
      case injection::kind::pause:
        process_.send(SIGSTOP);
        stopped_until_ = now + b.pause;
        break;
      case injection::kind::kill:
        process_.send(SIGKILL);
        break;
      case injection::kind::stop:
        process_.close_input();
        break;
    }
  }

  /// Waits for output (true) or the next due time (false).
  bool wait() const {
    auto until = stopped_until_.value_or(heard_ + watchdog_);
    if (due_ && !stopped_until_) until = std::min(until, *due_);
    const auto left = std::max(until - steady::now(), steady::duration{0});
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
    const timespec limit{static_cast<time_t>(ns / 1'000'000'000),
                         static_cast<long>(ns % 1'000'000'000)};
    pollfd output{process_.output(), POLLIN, 0};
    return ::ppoll(&output, 1, &limit, nullptr) > 0;
  }

  /// False: end of output. An incomplete last line is dropped.
  bool read() {
    char bytes[4096];
    const ssize_t got = ::read(process_.output(), bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) return false;
    heard_ = steady::now();
    text_.append(bytes, static_cast<std::size_t>(got));
    std::size_t from = 0;
    for (std::size_t end = 0; (end = text_.find('\n', from)) != std::string::npos; from = end + 1) {
      const std::string record = text_.substr(from, end - from);
      if (record.find("\"call\":") != std::string::npos) ++calls_;
      line_(record);
    }
    text_.erase(0, from);
    return true;
  }

  process process_;
  const std::vector<injection>& injections_;
  const std::chrono::milliseconds watchdog_;
  const std::function<void(const std::string&)>& line_;
  std::size_t next_ = 0;
  std::size_t calls_ = 0;
  std::optional<steady::time_point> due_;
  std::optional<steady::time_point> stopped_until_;
  steady::time_point heard_;
  std::string text_;
};

}  // namespace

exit_result run_process(const std::vector<std::string>& program,
                        const std::vector<injection>& injections,
                        std::chrono::milliseconds watchdog,
                        const std::function<void(const std::string&)>& line) {
  return life{program, injections, watchdog, line}.run();
}

}  // namespace pawl::linear
