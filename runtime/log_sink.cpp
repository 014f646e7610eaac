#include "runtime/log_sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <system_error>
#include <utility>

#include <spdlog/details/log_msg.h>
#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>

#include "functions/process/fd.hpp"

namespace pawl {
namespace {

using functions::unique_fd;
using std::chrono::steady_clock;

/// Time without progress after which the end of the sink gives up on a reader.
constexpr std::chrono::milliseconds end_patience{1'000};
constexpr int poll_interval_ms = 50;

error cannot_open(const std::filesystem::path& file, int failure) {
  return {errc::io_failed, "cannot open the log file " + file.string() +
                               " (log.file): " + std::generic_category().message(failure)};
}

result<unique_fd> open_to_append(const std::filesystem::path& file) {
  // O_NONBLOCK: opening a FIFO without a reader would block.
  unique_fd out{::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640)};
  if (!out) return cannot_open(file, errno);
  return out;
}

bool is_regular(int fd) {
  struct stat about {};
  return ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

}  // namespace

/// The queue and its end. Shared with the thread, which may outlive the sink while a reader blocks
/// it.
class log_sink::writer {
 public:
  writer(unique_fd owned, int fd, limits allowed)
      : owned_(std::move(owned)), fd_(fd), is_file_(is_regular(fd)), allowed_(allowed) {}

  void set_formatter(std::shared_ptr<spdlog::formatter> formatter) {
    const std::lock_guard lock{mutex_};
    formatter_ = std::move(formatter);
  }
  [[nodiscard]] std::string format(const spdlog::details::log_msg& message) {
    std::unique_lock lock{mutex_};
    const auto formatter = formatter_;
    lock.unlock();
    spdlog::memory_buf_t text;
    formatter->format(message, text);
    return {text.data(), text.size()};
  }

  void add(std::string line) {
    const std::lock_guard lock{mutex_};
    const bool fits = queue_.empty() ||
                      (queue_.size() < allowed_.lines && bytes_ + line.size() <= allowed_.bytes);
    if (!fits) {
      ++lost_;
      ++unreported_;
      return;
    }
    bytes_ += line.size();
    queue_.push_back({std::move(line), std::exchange(unreported_, 0)});
    changed_.notify_one();
  }

  /// Writes what is queued, in order. Does nothing unless the end is a regular file.
  void flush() {
    if (!is_file_) return;  // the thread holds the mutex while it waits for a reader
    const std::lock_guard writing{write_mutex_};
    while (write_next()) continue;
  }

  /// The thread's work: writes until the sink ends.
  void serve() {
    while (wait_for_lines()) {
      const std::lock_guard writing{write_mutex_};
      while (write_next()) continue;
      report_lost();
    }
    const std::lock_guard lock{mutex_};
    has_ended_ = true;
    ended_.notify_all();
  }

  void replace(unique_fd fresh) {
    if (!is_file_) return;  // the thread may be in a write to a pipe, with the mutex
    const std::lock_guard writing{write_mutex_};
    while (write_next()) continue;  // these belong to the old file
    fd_ = fresh.get();
    is_file_ = is_regular(fd_);
    owned_ = std::move(fresh);
    torn_ = false;
  }

  /// Returns whether the thread has ended.
  [[nodiscard]] bool end() {
    std::unique_lock lock{mutex_};
    give_up_at_ = steady_clock::now() + end_patience;
    is_ending_ = true;
    changed_.notify_one();
    return ended_.wait_for(lock, 2 * end_patience, [this] { return has_ended_; });
  }

  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

 private:
  struct queued_line {
    std::string text;
    std::uint64_t lost_before = 0;  ///< lines that did not fit before this one
  };

  [[nodiscard]] bool wait_for_lines() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return is_ending_ || !queue_.empty(); });
    return !queue_.empty();
  }

  /// Writes the oldest line. Returns false if there is none.
  [[nodiscard]] bool write_next() {
    queued_line line;
    {
      const std::lock_guard lock{mutex_};
      if (queue_.empty()) return false;
      line = std::move(queue_.front());
      queue_.pop_front();
    }
    const bool written =
        (line.lost_before == 0 || write_all(report(line.lost_before))) && write_all(line.text);
    const std::lock_guard lock{mutex_};
    bytes_ -= line.text.size();  // here, so that a line being written counts
    can_write_ = written;
    if (written) return true;
    ++lost_;
    unreported_ += 1 + line.lost_before;
    return true;
  }

  /// Reports lines that were lost after the last one that was written.
  void report_lost() {
    std::uint64_t count = 0;
    {
      const std::lock_guard lock{mutex_};
      if (can_write_ && queue_.empty()) count = std::exchange(unreported_, 0);
    }
    if (count == 0 || write_all(report(count))) return;
    const std::lock_guard lock{mutex_};
    unreported_ += count;
  }

  [[nodiscard]] std::string report(std::uint64_t count) {
    const std::string text = std::to_string(count) +
                             (count == 1 ? " log line was lost" : " log lines were lost") +
                             ": the log could not be written";
    return format({"pawl", spdlog::level::warn, text});
  }

  [[nodiscard]] bool write_all(std::string text) {
    if (torn_) text.insert(text.begin(), '\n');
    std::size_t written = 0;
    while (written < text.size()) {
      const auto n = write_some(text.data() + written, text.size() - written);
      if (n <= 0) break;
      written += static_cast<std::size_t>(n);
    }
    torn_ = written < text.size() && (torn_ || written > 0);
    return written == text.size();
  }

  /// Returns the number of bytes written, or -1 if the line cannot be written.
  [[nodiscard]] ssize_t write_some(const char* bytes, std::size_t size) {
    while (true) {
      if (!is_file_) {
        if (!wait_for_reader()) return -1;
        size = std::min<std::size_t>(size, PIPE_BUF);  // fits into a pipe that is ready
      }
      const auto n = ::write(fd_, bytes, size);
      if (n >= 0) return n;
      if (errno != EINTR && errno != EAGAIN) return -1;
    }
  }

  /// Returns false if the sink ends and the reader takes nothing.
  [[nodiscard]] bool wait_for_reader() {
    while (true) {
      bool gives_up = false;
      {
        const std::lock_guard lock{mutex_};
        gives_up = is_ending_ && steady_clock::now() >= give_up_at_;
      }
      pollfd ready{fd_, POLLOUT, 0};
      const int found = ::poll(&ready, 1, gives_up ? 0 : poll_interval_ms);
      if (found > 0 || (found < 0 && errno != EINTR)) return true;  // or `write` has the error
      if (gives_up) return false;
    }
  }

  std::mutex write_mutex_;  ///< held while lines are written; taken before `mutex_`
  unique_fd owned_;         ///< the file; none for a descriptor of another owner
  int fd_;
  std::atomic<bool> is_file_;
  bool torn_ = false;  ///< the last line is incomplete

  const limits allowed_;
  std::mutex mutex_;  ///< guards the members below
  std::condition_variable changed_, ended_;
  std::shared_ptr<spdlog::formatter> formatter_ = std::make_shared<spdlog::pattern_formatter>();
  std::deque<queued_line> queue_;
  std::size_t bytes_ = 0;
  std::uint64_t unreported_ = 0;
  bool can_write_ = true;  ///< the last write succeeded
  bool is_ending_ = false;
  bool has_ended_ = false;
  steady_clock::time_point give_up_at_{};
  std::atomic<std::uint64_t> lost_{0};
};

log_sink::log_sink(std::filesystem::path file, std::shared_ptr<writer> to)
    : file_(std::move(file)), writer_(std::move(to)) {
  // The signals of the process are for its own threads.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread{[to = writer_] { to->serve(); }};
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

result<std::shared_ptr<log_sink>> log_sink::open(std::filesystem::path file) {
  if (file.empty()) return over(STDERR_FILENO, {});
  auto out = open_to_append(file);
  if (!out) return std::move(out).error();
  const int fd = out->get();
  auto to = std::make_shared<writer>(*std::move(out), fd, limits{});
  return std::shared_ptr<log_sink>{new log_sink{std::move(file), std::move(to)}};
}

std::shared_ptr<log_sink> log_sink::over(int descriptor, limits allowed) {
  return std::shared_ptr<log_sink>{
      new log_sink{{}, std::make_shared<writer>(unique_fd{}, descriptor, allowed)}};
}

log_sink::~log_sink() {
  if (writer_->end()) {
    thread_.join();
  } else {
    thread_.detach();  // a reader blocks it; it has its own reference to the writer
  }
}

void log_sink::log(const spdlog::details::log_msg& message) {
  writer_->add(writer_->format(message));
}

void log_sink::flush() {
  writer_->flush();
}

void log_sink::set_pattern(const std::string& pattern) {
  set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern));
}

void log_sink::set_formatter(std::unique_ptr<spdlog::formatter> formatter) {
  writer_->set_formatter(std::move(formatter));
}

result<void> log_sink::reopen() {
  if (file_.empty()) return {};
  auto fresh = open_to_append(file_);
  if (!fresh) return std::move(fresh).error();
  writer_->replace(*std::move(fresh));
  return {};
}

std::uint64_t log_sink::lost() const noexcept {
  return writer_->lost();
}

}  // namespace pawl
