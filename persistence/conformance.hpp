#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "persistence/store.hpp"
#include "tests/support/catch.hpp"

/// Tests of the contract of `store`, for every implementation. Call `check_contract` in a separate
/// TEST_CASE.
namespace pawl::persistence::conformance {

using records = std::vector<std::pair<std::string, std::string>>;

/// The store to test. The first call of `open` returns an empty store. Each later call happens
/// after the previous store is destroyed, and reopens it if `keeps` is set.
struct subject {
  std::function<std::unique_ptr<store>()> open;
  bool keeps = false;
  /// Whether views are fixed by their write and can be read before `sync`. Else they are fixed when
  /// they are first read, after `sync`.
  bool fixed_by_write = true;
};

inline std::shared_ptr<const view> write(store& to, const std::vector<batch>& batches) {
  std::vector<const batch*> pointers;
  for (const auto& b : batches) pointers.push_back(&b);
  auto written = to.write(pointers);
  REQUIRE(written);
  REQUIRE(*written != nullptr);
  return std::move(written).value();
}

/// Writes, syncs and publishes.
inline std::shared_ptr<const view> commit(store& to, const std::vector<batch>& batches) {
  auto written = write(to, batches);
  REQUIRE(to.sync());
  to.publish(written);
  return written;
}

inline batch putting(column where, const records& all) {
  batch changes;
  for (const auto& [key, value] : all) changes.put(where, key, value);
  return changes;
}

inline std::optional<std::string> get(const view& from, column where, std::string_view key) {
  auto found = from.get(where, key);
  REQUIRE(found);
  return std::move(found).value();
}

inline std::int64_t counter(const view& from, std::string_view key) {
  const auto sum = from.counter(key);
  REQUIRE(sum);
  return *sum;
}

inline records scan(const view& from, column where, const view::range& keys = {},
                    std::size_t at_most = SIZE_MAX) {
  records found;
  const auto done = from.scan(where, keys, [&](std::string_view key, std::string_view value) {
    found.emplace_back(key, value);
    return found.size() < at_most ? view::next::more : view::next::stop;
  });
  REQUIRE(done);
  return found;
}

/// Every record of every column.
inline std::vector<records> contents(const view& from) {
  std::vector<records> all;
  for (const column where : all_columns) all.push_back(scan(from, where));
  return all;
}

inline std::vector<std::string> keys_of(const records& all) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : all) keys.push_back(key);
  return keys;
}

inline void check_records(const subject& checked) {
  const auto tested = checked.open();

  SECTION("reading a missing key returns nothing") {
    const auto found = tested->durable_view();
    REQUIRE(found != nullptr);
    CHECK_FALSE(get(*found, column::runs, "missing").has_value());
    CHECK(counter(*found, "missing") == 0);
    CHECK(scan(*found, column::runs).empty());
  }

  SECTION("a record is read back byte by byte until it is erased") {
    const std::string binary{"\x00\xff\x80 \n\x00", 6};
    auto now = commit(*tested, {putting(column::runs, {{binary, binary}, {"empty", ""}})});
    CHECK(get(*now, column::runs, binary) == binary);
    CHECK(get(*now, column::runs, "empty") == "");
    CHECK_FALSE(get(*now, column::runs, "empt").has_value());
    CHECK_FALSE(get(*now, column::runs, "emptyy").has_value());

    batch erasing;
    erasing.erase(column::runs, binary);
    erasing.erase(column::runs, "never existed");
    now = commit(*tested, {erasing});
    CHECK_FALSE(get(*now, column::runs, binary).has_value());
    CHECK(get(*now, column::runs, "empty") == "");
  }

  SECTION("the last operation on a key wins, within a batch and across batches") {
    batch first = putting(column::flows, {{"a", "1"}, {"a", "2"}, {"b", "1"}, {"c", "1"}});
    first.erase(column::flows, "b");
    batch second;
    second.put(column::flows, "b", "3");
    second.erase(column::flows, "c");
    second.erase(column::flows, "a");
    second.put(column::flows, "a", "4");
    const auto now = commit(*tested, {first, second});
    CHECK(scan(*now, column::flows) == records{{"a", "4"}, {"b", "3"}});
  }

  SECTION("columns have separate keys") {
    const auto now = commit(*tested, {putting(column::runs, {{"k", "run"}}),
                                      putting(column::checkpoints, {{"k", "checkpoint"}})});
    CHECK(get(*now, column::runs, "k") == "run");
    CHECK(get(*now, column::checkpoints, "k") == "checkpoint");
    CHECK_FALSE(get(*now, column::indexes, "k").has_value());
  }

  SECTION("large records and large batches are stored completely") {
    const std::string large(std::size_t{3} << 20, 'L');
    batch many = putting(column::checkpoints, {{"large", large}});
    for (int i = 0; i < 5000; ++i) many.put(column::indexes, "key " + std::to_string(i), "");
    const auto now = commit(*tested, {many});
    CHECK(get(*now, column::checkpoints, "large") == large);
    CHECK(scan(*now, column::indexes).size() == 5000);
  }

  SECTION("a write without operations returns the current state") {
    commit(*tested, {putting(column::runs, {{"k", "v"}})});
    CHECK(get(*commit(*tested, {}), column::runs, "k") == "v");
    CHECK(get(*commit(*tested, {batch{}, batch{}}), column::runs, "k") == "v");
  }
}

inline void check_scans(const subject& checked) {
  const auto tested = checked.open();
  const std::vector<std::string> keys{
      "", std::string(1, '\0'), "a", "aa", "ab", "b", "c", "\x7f", "\x80", "\xff", "\xff\xff"};
  batch unordered;
  for (auto key = keys.rbegin(); key != keys.rend(); ++key)
    unordered.put(column::indexes, *key, "of " + *key);
  const auto now = commit(*tested, {unordered});
  const auto scanned = [&](std::string from, std::string to, bool reverse) {
    return keys_of(scan(*now, column::indexes, {std::move(from), std::move(to), reverse}));
  };
  using names = std::vector<std::string>;

  SECTION("scans return keys in ascending or descending byte order, with their values") {
    CHECK(scanned("", "", false) == keys);
    CHECK(scanned("", "", true) == names(keys.rbegin(), keys.rend()));
    for (const auto& [key, value] : scan(*now, column::indexes)) CHECK(value == "of " + key);
  }

  SECTION("the lower bound is inclusive, the upper bound exclusive") {
    for (const bool reverse : {false, true}) {
      CAPTURE(reverse);
      const auto expect = [reverse](names all) {
        if (reverse) std::reverse(all.begin(), all.end());
        return all;
      };
      CHECK(scanned("a", "b", reverse) == expect({"a", "aa", "ab"}));
      CHECK(scanned("aa", "c", reverse) == expect({"aa", "ab", "b"}));
      CHECK(scanned("a0", "bb", reverse) == expect({"aa", "ab", "b"}));
      CHECK(scanned("c", "", reverse) == expect({"c", "\x7f", "\x80", "\xff", "\xff\xff"}));
      CHECK(scanned("\xff\xff", "", reverse) == expect({"\xff\xff"}));
      CHECK(scanned("", "a", reverse) == expect({"", std::string(1, '\0')}));
    }
  }

  SECTION("an empty range has no records") {
    for (const bool reverse : {false, true}) {
      CHECK(scanned("b", "b", reverse).empty());
      CHECK(scanned("c", "a", reverse).empty());
      CHECK(scanned("d", "e", reverse).empty());
      CHECK(scanned("\xff\xff\xff", "", reverse).empty());
    }
  }

  SECTION("a visitor can stop the scan, and can read the view") {
    CHECK(keys_of(scan(*now, column::indexes, {"a", "", false}, 2)) == names{"a", "aa"});
    CHECK(keys_of(scan(*now, column::indexes, {"", "c", true}, 2)) == names{"b", "ab"});
    std::size_t read = 0;
    REQUIRE(now->scan(column::indexes, {}, [&](std::string_view key, std::string_view value) {
      if (get(*now, column::indexes, key) == value) ++read;
      return view::next::more;
    }));
    CHECK(read == keys.size());
  }
}

inline void check_counters(const subject& checked) {
  const auto tested = checked.open();
  const auto adding = [](const std::string& key, std::int64_t amount) {
    batch changes;
    changes.add(key, amount);
    return changes;
  };

  SECTION("additions accumulate within a batch, across batches and across writes") {
    batch twice;
    twice.add("a", 5);
    twice.add("a", -7);
    twice.add("b", 1);
    const auto before = commit(*tested, {twice, adding("a", 10)});
    CHECK(counter(*before, "a") == 8);
    auto now = before;
    for (int i = 0; i < 200; ++i) now = write(*tested, {adding("a", 1), adding("b", -1)});
    REQUIRE(tested->sync());
    CHECK(counter(*now, "a") == 208);
    CHECK(counter(*now, "b") == -199);
    CHECK(counter(*now, "c") == 0);
    CHECK(counter(*before, "a") == 8);
  }

  SECTION("an erased counter restarts at 0") {
    commit(*tested, {adding("a", 5)});
    batch mixed;
    mixed.add("a", 100);
    mixed.erase(column::counters, "a");
    mixed.add("a", 3);
    CHECK(counter(*commit(*tested, {mixed}), "a") == 3);
    batch erasing;
    erasing.add("a", 1);
    erasing.erase(column::counters, "a");
    const auto now = commit(*tested, {erasing});
    CHECK(counter(*now, "a") == 0);
    CHECK(scan(*now, column::counters).empty());
  }

  SECTION("a counter that becomes 0 is deleted, and can be added to again") {
    commit(*tested, {adding("a", 5), adding("b", 2)});
    batch nothing;
    nothing.add("c", 1);
    nothing.add("c", -1);
    const auto now = commit(*tested, {adding("a", -5), nothing});
    CHECK(scan(*now, column::counters) == records{{"b", encode_counter(2)}});
    CHECK(counter(*now, "a") == 0);
    CHECK(scan(*commit(*tested, {adding("a", 7)}), column::counters) ==
          records{{"a", encode_counter(7)}, {"b", encode_counter(2)}});
  }

  SECTION("scans return encoded counters") {
    const auto now = commit(*tested, {adding("day 2", -1), adding("day 1", 300)});
    CHECK(scan(*now, column::counters) ==
          records{{"day 1", encode_counter(300)}, {"day 2", encode_counter(-1)}});
    CHECK(get(*now, column::counters, "day 1") == encode_counter(300));
  }

  SECTION("a counter wraps around on overflow") {
    const auto now = commit(*tested, {adding("a", INT64_MAX), adding("a", 1)});
    CHECK(counter(*now, "a") == INT64_MIN);
  }
}

inline void check_views(const subject& checked) {
  const auto tested = checked.open();
  // Each one that was read has a connection where views are fixed by reads.
  constexpr int held_views = 20;

  SECTION("a view contains its write and all before, and none after it is fixed") {
    std::vector<std::shared_ptr<const view>> views;
    for (int i = 0; i < 50; ++i) {
      batch changes = putting(column::runs, {{"last", std::to_string(i)}});
      changes.put(column::indexes, "made by " + std::to_string(i), "");
      if (i % 3 == 0) changes.put(column::checkpoints, "sometimes", std::to_string(i));
      if (i % 3 == 1) changes.erase(column::checkpoints, "sometimes");
      changes.add("writes", 1);
      views.push_back(write(*tested, {changes}));
      if (checked.fixed_by_write) continue;
      REQUIRE(tested->sync());
      CHECK(counter(*views.back(), "writes") == i + 1);  // the first read
      if (i >= held_views) views[static_cast<std::size_t>(i - held_views)].reset();
    }
    for (int i = 0; i < 50; ++i) {
      if (!views[static_cast<std::size_t>(i)]) continue;
      CAPTURE(i);
      const view& then = *views[static_cast<std::size_t>(i)];
      CHECK(get(then, column::runs, "last") == std::to_string(i));
      CHECK(scan(then, column::indexes).size() == static_cast<std::size_t>(i) + 1);
      CHECK(get(then, column::checkpoints, "sometimes").has_value() == (i % 3 == 0));
      CHECK(counter(then, "writes") == i + 1);
    }
  }

  SECTION("a scan does not see writes during it") {
    const auto now = commit(*tested, {putting(column::runs, {{"a", ""}, {"c", ""}, {"e", ""}})});
    std::vector<std::string> seen;
    REQUIRE(now->scan(column::runs, {}, [&](std::string_view key, std::string_view) {
      seen.emplace_back(key);
      batch changes = putting(column::runs, {{std::string{key} + "+", ""}});
      changes.erase(column::runs, "e");
      write(*tested, {changes});
      return view::next::more;
    }));
    CHECK(seen == std::vector<std::string>{"a", "c", "e"});
  }

  SECTION("the durable view contains only durable writes") {
    const auto before = contents(*tested->durable_view());
    const auto written = write(*tested, {putting(column::runs, {{"k", "v"}})});
    CHECK(contents(*tested->durable_view()) == before);
    REQUIRE(tested->sync());
    if (checked.fixed_by_write) CHECK(contents(*tested->durable_view()) == before);
    tested->publish(written);
    CHECK(get(*tested->durable_view(), column::runs, "k") == "v");
    const auto held = tested->durable_view();
    CHECK(get(*held, column::runs, "k") == "v");
    commit(*tested, {putting(column::runs, {{"k", "w"}})});
    CHECK(get(*held, column::runs, "k") == "v");
    CHECK(get(*tested->durable_view(), column::runs, "k") == "w");
  }

  SECTION("a closed store refuses writes; its views stay readable") {
    const auto written = commit(*tested, {putting(column::runs, {{"k", "v"}})});
    REQUIRE(tested->close());
    const batch late = putting(column::runs, {{"k", "late"}});
    const batch* const batches[] = {&late};
    const auto refused = tested->write(batches);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::unavailable);
    CHECK(refused.error().message.find("closed") != std::string::npos);
    CHECK(get(*written, column::runs, "k") == "v");
    CHECK(get(*tested->durable_view(), column::runs, "k") == "v");
    CHECK(tested->close());
  }
}

/// One thread writes, one syncs and publishes, the others read. Every view contains complete
/// batches, and the published views only advance.
inline void check_concurrency(const subject& checked) {
  const auto tested = checked.open();
  constexpr int writes = 400;
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<std::shared_ptr<const view>> unsynced;  // guarded by mutex
  bool finished = false;                              // guarded by mutex
  std::atomic<bool> published_all{false};
  std::atomic<int> failures{0};

  const auto check = [&failures](const view& at) {
    const auto run = at.get(column::runs, "n");
    const auto copy = at.get(column::checkpoints, "n");
    const auto sum = at.counter("n");
    std::int64_t entries = 0;
    const auto scanned = at.scan(column::indexes, {}, [&](std::string_view, std::string_view) {
      ++entries;
      return view::next::more;
    });
    const bool complete = run && copy && sum && scanned && *run == *copy && *sum == entries &&
                          run->value_or("0") == std::to_string(entries);
    if (!complete) ++failures;
    return entries;
  };

  std::thread syncer{[&] {
    for (bool more = true; more;) {
      std::vector<std::shared_ptr<const view>> group;
      {
        std::unique_lock lock{mutex};
        arrived.wait(lock, [&] { return finished || !unsynced.empty(); });
        group.swap(unsynced);
        more = !finished || !group.empty();
      }
      if (!tested->sync()) ++failures;
      for (auto& written : group) tested->publish(std::move(written));
    }
    published_all = true;
  }};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      std::int64_t last = 0;
      while (!published_all) {
        const auto now = check(*tested->durable_view());
        if (now < last) ++failures;
        last = now;
      }
    });
  }
  for (int i = 1; i <= writes; ++i) {
    const std::string number = std::to_string(i);
    batch first = putting(column::runs, {{"n", number}});
    first.add("n", 1);
    batch second = putting(column::checkpoints, {{"n", number}});
    second.put(column::indexes, number, "");
    const batch* const batches[] = {&first, &second};
    auto written = tested->write(batches);
    if (!written) {
      ++failures;
      break;
    }
    const std::lock_guard lock{mutex};
    unsynced.push_back(std::move(written).value());
    arrived.notify_one();
  }
  {
    const std::lock_guard lock{mutex};
    finished = true;
    arrived.notify_one();
  }
  syncer.join();
  for (auto& reader : readers) reader.join();
  CHECK(failures == 0);
  CHECK(check(*tested->durable_view()) == writes);
}

inline void check_reopening(const subject& checked) {
  auto tested = checked.open();
  batch changes = putting(column::runs, {{"k", "v"}, {"gone", ""}});
  changes.add("sum", 5);
  commit(*tested, {changes});
  batch more;
  more.erase(column::runs, "gone");
  more.add("sum", -2);
  // Not published: closing the store makes all writes durable.
  auto written = write(*tested, {more});
  std::vector<records> before;
  if (checked.fixed_by_write) before = contents(*written);
  written.reset();
  tested.reset();
  for (int i = 0; i < 3; ++i) {
    tested = checked.open();
    if (before.empty()) before = contents(*tested->durable_view());
    CHECK(contents(*tested->durable_view()) == before);
    CHECK(get(*tested->durable_view(), column::runs, "k") == "v");
    CHECK_FALSE(get(*tested->durable_view(), column::runs, "gone").has_value());
    CHECK(counter(*tested->durable_view(), "sum") == 3);
    tested.reset();
  }
}

/// Tests the whole contract.
inline void check_contract(const subject& checked) {
  SECTION("records") {
    check_records(checked);
  }
  SECTION("scans") {
    check_scans(checked);
  }
  SECTION("counters") {
    check_counters(checked);
  }
  SECTION("views") {
    check_views(checked);
  }
  SECTION("reads proceed while one thread writes and another syncs") {
    check_concurrency(checked);
  }
  if (checked.keeps) {
    SECTION("a reopened store has all records") {
      check_reopening(checked);
    }
  }
}

}  // namespace pawl::persistence::conformance
