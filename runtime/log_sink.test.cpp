#include "runtime/log_sink.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

#include <spdlog/logger.h>

#include "functions/process/fd.hpp"
#include "runtime/logging.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using pawl::functions::unique_fd;
using pawl::testing::contains;

namespace {

/// A pipe whose reader reads only when it is told to.
struct slow_pipe {
  slow_pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    reads = unique_fd{ends[0]};
    writes = unique_fd{ends[1]};
  }
  /// Reads until a line contains `last`.
  std::vector<std::string> read_until(const std::string& last) {
    std::vector<std::string> lines;
    while (lines.empty() || !contains(lines.back(), last)) {
      const auto end = rest.find('\n');
      if (end != rest.npos) {
        lines.push_back(rest.substr(0, end));
        rest.erase(0, end + 1);
        continue;
      }
      std::array<char, 4096> piece{};
      const auto n = ::read(reads.get(), piece.data(), piece.size());
      REQUIRE(n > 0);
      rest.append(piece.data(), static_cast<std::size_t>(n));
    }
    return lines;
  }

  unique_fd reads, writes;
  std::string rest;
};

struct temporary_folder {
  temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "pawl-log-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~temporary_folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::shared_ptr<spdlog::logger> logger_over(const std::shared_ptr<log_sink>& sink) {
  auto made = std::make_shared<spdlog::logger>("test", sink);
  made->set_pattern("%v");
  return made;
}

}  // namespace

TEST_CASE("logging does not wait for a reader; lost lines are counted and reported", "[log]") {
  slow_pipe pipe;
  // The pipe takes 64 KiB; the queue is smaller than what follows.
  const auto sink = log_sink::over(pipe.writes.get(), {.lines = 100, .bytes = 1u << 20});
  const auto log = logger_over(sink);
  const std::string filler(1000, 'x');
  constexpr int written = 2000;
  for (int i = 0; i < written; ++i) log->info("{} {}", i, filler);  // would wait for ever
  const auto lost = sink->lost();
  CHECK(lost > 1000);
  CHECK(log_lines_lost(*log) == lost);

  // Lines may fit again after some were lost, so there may be several reports.
  std::uint64_t reported = 0;
  std::size_t kept = 0;
  int last = -1;
  while (reported < lost) {
    for (const auto& line : pipe.read_until("")) {
      if (contains(line, "were lost") || contains(line, "was lost")) {
        reported += std::stoull(line);
        continue;
      }
      const int number = std::stoi(line);
      CHECK(number > last);  // in order
      last = number;
      ++kept;
    }
  }
  CHECK(reported == lost);
  CHECK(kept + lost == written);
  log->info("after");
  CHECK(pipe.read_until("after").size() == 1);
  CHECK(sink->lost() == lost);
}

TEST_CASE("a logger ends although nobody reads its lines", "[log]") {
  slow_pipe pipe;
  auto sink = log_sink::over(pipe.writes.get(), {});
  auto log = logger_over(sink);
  for (int i = 0; i < 2000; ++i) log->info("{}", std::string(1000, 'x'));
  log->flush();
  log.reset();
  sink.reset();  // returns
  SUCCEED();
}

TEST_CASE("a large line is written whole and in order", "[log]") {
  slow_pipe pipe;
  const auto sink = log_sink::over(pipe.writes.get(), {.lines = 10, .bytes = 1000});
  const auto log = logger_over(sink);
  log->info("{}", std::string(1u << 20, 'y') + "end");
  const auto lines = pipe.read_until("end");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].size() == (1u << 20) + 3);
}

TEST_CASE("a flushed line is in the file, and other lines follow by themselves", "[log]") {
  const temporary_folder folder;
  const auto file = folder.path / "log";
  auto sink = log_sink::open(file);
  REQUIRE(sink);
  const auto log = logger_over(*sink);
  for (int i = 0; i < 100; ++i) {
    log->info("line {}", i);
    log->flush();
    REQUIRE(contains(content_of(file), "line " + std::to_string(i) + "\n"));
  }
  log->info("not flushed");
  while (!contains(content_of(file), "not flushed"))
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  struct stat about {};
  REQUIRE(::stat(file.c_str(), &about) == 0);
  CHECK((about.st_mode & (S_IRWXO | S_IWGRP)) == 0);
}

TEST_CASE("a rotated log file is opened again; lines go to one of both", "[log]") {
  const temporary_folder folder;
  const auto file = folder.path / "log", old = folder.path / "log.1";
  auto sink = log_sink::open(file);
  REQUIRE(sink);
  const auto log = logger_over(*sink);
  log->info("before");
  std::filesystem::rename(file, old);
  log->info("between");
  REQUIRE(reopen_log(*log));
  log->info("after");
  log->flush();
  CHECK(content_of(old) == "before\nbetween\n");
  CHECK(content_of(file) == "after\n");

  std::filesystem::remove_all(folder.path);
  CHECK_FALSE(reopen_log(*log));
  log->info("to the file that is open");
  log->flush();
  CHECK((*sink)->lost() == 0);
  std::filesystem::create_directory(folder.path);
}

TEST_CASE("lines that a full disk refuses are lost and reported", "[log]") {
  // Every write to this device fails with ENOSPC.
  const unique_fd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  if (!full) return;
  const auto sink = log_sink::over(full.get(), {});
  const auto log = logger_over(sink);
  for (int i = 0; i < 10; ++i) log->info("lost");
  while (sink->lost() < 10) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  CHECK(sink->lost() == 10);
}

TEST_CASE("a log file that cannot be opened is named", "[log]") {
  const auto refused = log_sink::open("/no/such/folder/log");
  REQUIRE_FALSE(refused);
  CHECK(contains(refused.error().message, "/no/such/folder/log (log.file)"));
}
