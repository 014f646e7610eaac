// What a page of a list costs in a store of few and of many runs, by each index.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/fixture.hpp"
#include "tests/growth/measure.hpp"

using namespace pawl;
using namespace pawl::testing;

namespace {

/// A store on disk. Of its runs half wait for a signal, a quarter have failed, a quarter are
/// completed; each has one of ten customers, and a number of its own.
class listed_store {
 public:
  explicit listed_store(std::size_t runs) : engine_(unsynced(folder_)) {
    REQUIRE(engine_.open());
    REQUIRE(engine_.put_flow(single("waits", "signal", {{"name", "go"}})));
    REQUIRE(engine_.put_flow(task_flow("fails", "core.fail", {{"args", {{"type", "declined"}}}})));
    REQUIRE(engine_.put_flow(single("ends", "set", {{"values", {{"a", 1}}}})));
    std::vector<start_request> next;
    for (std::size_t i = 0; i < runs; ++i) {
      next.push_back({.flow = i % 2 == 0 ? "waits" : i % 4 == 1 ? "fails" : "ends"});
      next.back().options.attributes = {{"customer", "c" + std::to_string(i % 10)},
                                        {"total", static_cast<double>(i)}};
      if (next.size() < 1'000 && i + 1 < runs) continue;
      for (const auto& started : engine_.runs().start_many(std::exchange(next, {})))
        REQUIRE(started);
    }
    const auto unfinished = [this] {
      const auto left = engine_.runs().list({.limit = 1, .where = "status=running flow!=waits"});
      REQUIRE(left);
      return !left->runs.empty();
    };
    while (unfinished()) std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }

  void list(const run_filter& what) const {
    const auto page = engine_.runs().list(what);
    INFO(what.where);
    REQUIRE(page);
    REQUIRE(page->runs.size() == what.limit);
  }

 private:
  static settings unsynced(const data_folder& folder) {
    settings s = folder.used();
    s.storage.durability = durability::off;
    return s;
  }

  const data_folder folder_;
  engine engine_;
};

/// A list by each index.
const std::vector<run_filter>& lists() {
  static const std::vector<run_filter> all{
      {.where = ""},
      {.where = "", .order = run_order::oldest},
      {.where = "started>-10d"},
      {.where = "status=failed"},
      {.where = "flow=waits"},
      {.where = "flow=ends@1.0.0 status=completed"},
      {.where = "error=declined"},
      {.where = "waiting=signal:go"},
      {.where = "attr.customer=c4"},
      {.where = "finished>-10d", .order = run_order::finished_last},
      {.where = "attr.total>=10", .order = run_order::by_attribute, .order_by = "total"},
  };
  return all;
}

double median_us(const listed_store& store, const run_filter& what) {
  std::vector<double> took;
  for (int i = 0; i < 100; ++i) {
    const auto began = std::chrono::steady_clock::now();
    store.list(what);
    took.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began)
            .count());
  }
  std::nth_element(took.begin(), took.begin() + 50, took.end());
  return took[50];
}

}  // namespace

TEST_CASE("a page of a list costs the same among 1,000 and 10,000 runs", "[growth]") {
  growth::check_flat([](std::size_t n) {
    const listed_store store{n};
    return growth::timed(growth::process_seconds, [&] {
      for (std::size_t i = 0; i < n / 10; ++i) {
        run_filter what = lists()[i % lists().size()];
        what.limit = 50;
        store.list(what);
      }
    });
  });
}

TEST_CASE("measure: pages of 100 among 1,000 and 1,000,000 runs", "[.measure]") {
  const char* const given = std::getenv("PAWL_TEST_RUNS");
  const listed_store few{1'000};
  const listed_store many{given != nullptr ? std::stoul(given) : 1'000'000};
  for (run_filter what : lists()) {
    what.limit = 100;
    std::cout << (what.where.empty() ? "(all)" : what.where) << ": " << median_us(few, what)
              << " us among few, " << median_us(many, what) << " us among many\n";
  }
}
