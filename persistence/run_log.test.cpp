#include "persistence/run_log.hpp"

#include <pawl/detail/placement.hpp>

#include "persistence/commit_durably.hpp"
#include "persistence/conformance.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;

namespace {

const run_key logged_run{default_scope(), run_id{"r"}};
const run_key silent_run{default_scope(), run_id{"s"}};

std::vector<run_log_line> said(int from, int to, std::size_t bytes = 0) {
  std::vector<run_log_line> lines;
  for (int i = from; i <= to; ++i) {
    lines.push_back(
        {from_unix_us(i), "info", "n", 1, 1, std::to_string(i) + std::string(bytes, 'x')});
  }
  return lines;
}

void append_log(memory_store& to, const std::vector<run_log_line>& lines,
                run_log_limits limits = {1000, 1'000'000}) {
  const auto now = to.durable_view();
  run_log_writer writer{*now, limits};
  REQUIRE(writer.append(logged_run, lines));
  REQUIRE(commit_durably(to, writer.writes()));
}

result<std::vector<run_log_line>> read_log(const memory_store& of, const run_key& run) {
  std::vector<run_log_line> newest_first;
  const auto visited =
      visit_run_log_back(*of.durable_view(), run, after_last_chunk,
                         [&](std::uint64_t, const std::vector<run_log_line>& lines, std::size_t) {
                           newest_first.insert(newest_first.end(), lines.rbegin(), lines.rend());
                           return view::next::more;
                         });
  if (!visited) return visited.error();
  return std::vector<run_log_line>{newest_first.rbegin(), newest_first.rend()};
}

void damage(memory_store& in, const std::string& key) {
  batch writes;
  writes.put(column::checkpoints, key, "damage");
  REQUIRE(commit_durably(in, writes));
}

run_log_head head_of(const memory_store& of) {
  const auto bytes = of.durable_view()->get(column::checkpoints,
                                            keys::log_head(pawl::detail::run_hash(logged_run)));
  return decode_log_head(**bytes).value();
}

std::size_t log_records(const memory_store& of) {
  return conformance::scan(*of.durable_view(), column::checkpoints).size();
}

}  // namespace

TEST_CASE("the chunks of a log are read backwards, from any one", "[run_log]") {
  memory_store store;
  append_log(store, said(1, 3));
  append_log(store, said(4, 5));
  CHECK(*read_log(store, logged_run) == said(1, 5));
  CHECK(read_log(store, silent_run)->empty());

  std::vector<std::uint64_t> numbers;
  const auto note = [&](std::uint64_t number, const std::vector<run_log_line>&, std::size_t bytes) {
    CHECK(bytes > 0);
    numbers.push_back(number);
    return numbers.size() < 2 ? view::next::more : view::next::stop;
  };
  append_log(store, said(6, 6));
  REQUIRE(visit_run_log_back(*store.durable_view(), logged_run, after_last_chunk, note));
  CHECK(numbers == std::vector<std::uint64_t>{3, 2});
  numbers.clear();
  REQUIRE(visit_run_log_back(*store.durable_view(), logged_run, 2, note));
  CHECK(numbers == std::vector<std::uint64_t>{1});
}

TEST_CASE("a log drops its oldest lines beyond the limits", "[run_log]") {
  memory_store store;
  for (int i = 0; i < 50; ++i) append_log(store, said(2 * i, 2 * i + 1), {10, 1'000'000});
  CHECK(*read_log(store, logged_run) == said(90, 99));
  CHECK(log_records(store) == 6);  // five chunks and the head

  for (int i = 0; i < 50; ++i) append_log(store, said(i, i, 1000), {1000, 5000});
  const auto kept = *read_log(store, logged_run);
  CHECK(kept.size() == 4);
  CHECK(kept.back() == said(49, 49, 1000).front());

  append_log(store, said(1, 30), {10, 1'000'000});  // one chunk is never split
  CHECK(*read_log(store, logged_run) == said(1, 30));
  CHECK(head_of(store).lines == 30);
}

TEST_CASE("a damaged chunk is reported by reads, and dropped when it is in the way", "[run_log]") {
  memory_store store;
  const std::string hash = pawl::detail::run_hash(logged_run);
  for (int i = 1; i <= 5; ++i) append_log(store, said(i, i));
  damage(store, keys::log_chunk(hash, 1));
  damage(store, keys::log_chunk(hash, 3));
  CHECK(read_log(store, logged_run).error().code == errc::corrupt);

  const auto now = store.durable_view();
  run_log_writer writer{*now, {4, 1'000'000}};
  const auto damaged = writer.append(logged_run, said(6, 6));
  REQUIRE(damaged);
  CHECK(*damaged == 2);
  REQUIRE(commit_durably(store, writer.writes()));
  CHECK(*read_log(store, logged_run) == [] {
    auto left = said(2, 2);
    for (const auto& line : said(4, 6)) left.push_back(line);
    return left;
  }());
  const run_log_head head = head_of(store);
  CHECK(head.first == 2);
  CHECK(head.next == 7);
  CHECK(head.lines == 4);
  CHECK(log_records(store) == 5);
}

TEST_CASE("a damaged head is made again", "[run_log]") {
  memory_store store, whole;
  for (int i = 1; i <= 3; ++i) {
    append_log(store, said(i, i));
    append_log(whole, said(i, i));
  }
  damage(store, keys::log_head(pawl::detail::run_hash(logged_run)));
  append_log(store, said(4, 4));
  append_log(whole, said(4, 4));
  CHECK(*read_log(store, logged_run) == said(1, 4));
  CHECK(head_of(store) == head_of(whole));
}
