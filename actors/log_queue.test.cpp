#include "actors/log_queue.hpp"

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::actors;

namespace {

run_log_line queued_line(std::size_t bytes) {
  return {{}, "info", "n", 1, 1, std::string(bytes, 'x')};
}

run_key queued_run(const std::string& scope) {
  return {scope_name{scope}, run_id{"r"}};
}

/// A queue, and how often its reader was woken.
struct read_queue {
  explicit read_queue(std::size_t max_bytes) : lines(max_bytes, lost) {
    lines.set_reader([this] { ++wakes; });
  }
  std::atomic<std::uint64_t> lost{0};
  int wakes = 0;
  log_queue lines;
};

}  // namespace

TEST_CASE("the first line of an empty queue wakes its reader", "[log_queue]") {
  read_queue of{100'000};
  of.lines.add(queued_run("a"), queued_line(10));
  of.lines.add(queued_run("a"), queued_line(10));
  CHECK(of.wakes == 1);
  CHECK(of.lines.take(100'000).size() == 2);
  CHECK(of.lines.empty());
  of.lines.add(queued_run("a"), queued_line(10));
  CHECK(of.wakes == 2);
}

TEST_CASE("lines that were added before there was a reader wake it", "[log_queue]") {
  std::atomic<std::uint64_t> lost{0};
  log_queue lines{100'000, lost};
  lines.add(queued_run("a"), queued_line(10));
  int wakes = 0;
  lines.set_reader([&] { ++wakes; });
  CHECK(wakes == 1);
}

TEST_CASE("lines are taken in their order and in bounded groups", "[log_queue]") {
  read_queue of{100'000};
  for (std::size_t i = 0; i < 10; ++i) of.lines.add(queued_run("a"), queued_line(1000 + i));
  const auto first = of.lines.take(2500);
  REQUIRE(first.size() == 3);
  CHECK(first[0].line.message.size() == 1000);
  CHECK(first[2].line.message.size() == 1002);
  CHECK(of.lines.taken() == 3);
  CHECK(of.lines.added() == 10);
}

TEST_CASE("a scope can hold at most as much of the queue as remains free", "[log_queue]") {
  read_queue of{100'000};
  for (int i = 0; i < 1000; ++i) of.lines.add(queued_run("loud"), queued_line(1000));
  const auto kept = of.lines.added();
  CHECK(kept > 30);
  CHECK(kept < 50);
  CHECK(of.lost == 1000 - kept);
  of.lines.add(queued_run("quiet"), queued_line(1000));
  CHECK(of.lines.added() == kept + 1);
  static_cast<void>(of.lines.take(1'000'000));
  of.lines.add(queued_run("loud"), queued_line(1000));
  CHECK(of.lines.added() == kept + 2);
}

TEST_CASE("a closed queue counts its lines as lost", "[log_queue]") {
  read_queue of{100'000};
  for (int i = 0; i < 3; ++i) of.lines.add(queued_run("a"), queued_line(10));
  of.lines.close();
  CHECK(of.lost == 3);
  CHECK(of.lines.empty());
  of.lines.add(queued_run("a"), queued_line(10));
  CHECK(of.lost == 4);
  CHECK(of.wakes == 1);
}

TEST_CASE("a queue without bytes drops its lines and counts none", "[log_queue]") {
  read_queue of{0};
  of.lines.add(queued_run("a"), queued_line(10));
  CHECK_FALSE(of.lines.keeps_lines());
  CHECK(of.lines.empty());
  CHECK(of.lost == 0);
}
