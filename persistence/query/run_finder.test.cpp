// Searches, compared with a plain list of all runs. A test depends only on its seed, which is
// printed on a failure.

#include "persistence/query/run_finder.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "flow/testing/random_source.hpp"
#include "persistence/codec.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/query/attribute_lists.hpp"
#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/run_index.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;
using flow::testing::random_source;

namespace {

const time_point search_epoch = *parse_rfc3339("2026-01-31T12:00:00Z");

/// A store and what it must have.
class search_world {
 public:
  explicit search_world(store& with) : store_(with) {}

  /// Adds a run, or replaces it by one of the same start.
  void put(const run_summary& run, bool runnable) {
    batch changes;
    run_record record{run, 7, 0};
    const auto known = runs_.find(run.key.id.str());
    const bool is_new = known == runs_.end();
    if (is_new) {
      index_flow(changes, run.key, run.flow.name, run.created_at);
      index_terms(changes, run.key, run.created_at, {}, terms_of(run));
    } else {
      const auto& [before, was_runnable] = known->second;
      changes.erase(column::indexes,
                    keys::listed_run(before.key, before.status, was_runnable, before.created_at));
      index_terms(changes, run.key, run.created_at, terms_of(before), terms_of(run));
    }
    changes.put(column::indexes, keys::listed_run(run.key, run.status, runnable, run.created_at),
                encode_run(record));
    record.summary.waits.clear();
    changes.put(column::runs, keys::run(run.key), encode_run(record));
    write(changes);
    runs_.insert_or_assign(run.key.id.str(), std::pair{run, runnable});
  }

  void write(const batch& changes) {
    const batch* const all[] = {&changes};
    auto written = store_.write(all);
    REQUIRE(written);
    store_.publish(*written);
  }

  /// The ids that a search must find, in its order.
  [[nodiscard]] std::vector<std::string> expected(const run_query& query,
                                                  const run_sorting& sorting) const {
    std::vector<run_summary> found;
    const bool by_end = is_by_end(sorting.order), by_value = is_by_attribute(sorting.order);
    for (const auto& [id, entry] : runs_) {
      const run_summary& run = entry.first;
      const bool is_listed = by_end     ? run.finished_at.has_value()
                             : by_value ? run.attributes.values.contains(sorting.attribute)
                                        : true;
      if (is_listed && fits(run, query)) found.push_back(run);
    }
    std::sort(found.begin(), found.end(), [&](const run_summary& a, const run_summary& b) {
      const auto of = [&](const run_summary& run) {
        const std::optional<attribute_value> value =
            by_value ? std::optional{run.attributes.values.at(sorting.attribute)} : std::nullopt;
        const auto type = value ? attribute_type_of(*value) : attribute_type{};
        return std::tuple{type, value, -to_unix_us(by_end ? *run.finished_at : run.created_at),
                          run.key.id.str()};
      };
      return is_reverse(sorting.order) ? of(b) < of(a) : of(a) < of(b);
    });
    std::vector<std::string> ids;
    for (const auto& run : found) ids.push_back(run.key.id.str());
    return ids;
  }

  [[nodiscard]] std::map<std::string, std::pair<run_summary, bool>>& runs() { return runs_; }
  [[nodiscard]] store& in() { return store_; }

 private:
  store& store_;
  std::map<std::string, std::pair<run_summary, bool>> runs_;
};

/// What a search finds, interrupted now and then as pages are.
std::vector<std::string> found_ids(store& in, const run_query& query, const run_sorting& order,
                                   random_source* interrupts = nullptr,
                                   std::uint64_t* keys_read = nullptr) {
  std::vector<std::string> ids;
  list_place place;
  const auto now = in.durable_view();
  while (true) {
    auto search = run_finder::make(*now, default_scope(), query, order, place);
    REQUIRE(search);
    do {
      auto step = search->next();
      REQUIRE(step);
      if (step->at_end) {
        if (keys_read != nullptr) *keys_read = search->keys_read();
        return ids;
      }
      REQUIRE_FALSE(step->damage);
      if (step->run) ids.push_back(step->run->key.id.str());
    } while (interrupts == nullptr || !interrupts->chance(7));
    place = search->place();
  }
}

run_query searched(const std::string& filter) {
  INFO(filter);
  auto query = parse_run_query(filter, search_epoch);
  REQUIRE(query);
  return *std::move(query);
}

run_summary random_summary(random_source& random, const std::string& id) {
  run_summary run;
  run.key = {default_scope(), run_id{id}};
  run.flow = {flow_name{random.chance(4)   ? "rare"
                        : random.chance(2) ? "order"
                                           : "invoice"},
              {1, static_cast<std::uint32_t>(random.below(2)), 0}};
  // Few different times, so that many are equal.
  run.created_at = search_epoch - std::chrono::seconds{random.below(40)};
  return run;
}

/// Gives a run another status, error and waits.
void change(random_source& random, run_summary& run) {
  run.status = all_run_statuses[random.below(5)];
  run.finished_at.reset();
  run.error.reset();
  run.waits.clear();
  if (is_finished(run.status))
    run.finished_at = run.created_at + std::chrono::seconds{random.below(40)};
  if (run.status == run_status::failed)
    run.error = run_error{random.chance(2) ? "timed_out" : "card_declined", "x", "charge", 1};
  auto& attributes = run.attributes.values;
  attributes.clear();
  const char* const customers[] = {"acme", "alpha", "beta", "42"};
  if (random.chance(2)) attributes["customer"] = std::string{customers[random.below(4)]};
  if (random.chance(2)) attributes["total"] = static_cast<double>(random.below(8));
  if (random.chance(20)) attributes["total"] = "many";
  if (random.chance(3)) attributes["vip"] = random.chance(2);
  if (random.chance(3)) attributes["due"] = search_epoch - std::chrono::seconds{random.below(40)};
  if (is_finished(run.status)) return;
  if (random.chance(2)) run.waits.push_back({"signal", random.chance(2) ? "go" : "stop", "s"});
  if (random.chance(3)) run.waits.push_back({"answer", "", "ask"});
  if (random.chance(3)) run.waits.push_back({"timer", "", "later"});
}

std::string random_filter(random_source& random) {
  const char* const conditions[] = {"status=failed",
                                    "status=failed,paused",
                                    "status!=completed",
                                    "status=running",
                                    "flow=rare",
                                    "flow=order",
                                    "flow=order,rare",
                                    "flow^=o",
                                    "flow=order@1.1",
                                    "flow!=rare",
                                    "error=timed_out",
                                    "error=timed_out,card_declined",
                                    "error!=timed_out",
                                    "node=charge",
                                    "waiting=signal:go",
                                    "waiting=signal",
                                    "waiting=answer,timer",
                                    "waiting=signal:go,answer",
                                    "waiting!=signal:go",
                                    "started>-20s",
                                    "started<=-10s",
                                    "finished>-5s",
                                    "finished<=-1s",
                                    "id^=r1",
                                    "id=r1,r2,r30",
                                    "version>=1.1",
                                    "attr.customer=acme",
                                    "attr.customer=acme,beta,\"42\"",
                                    "attr.customer=\"42\"",
                                    "attr.customer^=a",
                                    "attr.customer!=acme",
                                    "attr.total>2",
                                    "attr.total>=2 attr.total<5",
                                    "attr.total=3",
                                    "attr.vip=true",
                                    "attr.due>-20s",
                                    "attr.due<=2026-01-31T12:00:00Z"};
  std::string filter;
  for (std::size_t i = random.below(4); i > 0; --i)
    filter += std::string{conditions[random.below(std::size(conditions))]} + " ";
  return filter;
}

run_sorting random_sorting(random_source& random) {
  const char* const orders[] = {"newest",        "oldest",     "finished_last", "finished_first",
                                "attr.customer", "attr.total", "-attr.total",   "-attr.due"};
  return *parse_run_sorting(orders[random.below(std::size(orders))]);
}

void check_random_searches(store& in, std::uint64_t seed, int rounds) {
  INFO("seed " << seed);
  random_source random{seed};
  search_world world{in};
  for (int round = 0; round < rounds; ++round) {
    const std::string id = "r" + std::to_string(random.below(60));
    const auto known = world.runs().find(id);
    run_summary run =
        known == world.runs().end() ? random_summary(random, id) : known->second.first;
    change(random, run);
    world.put(run, run.status == run_status::running && random.chance(2));
    const std::string filter = random_filter(random);
    const run_sorting order = random_sorting(random);
    INFO(filter << " in the order " << to_string(order));
    const auto query = searched(filter);
    if (!run_finder::make(*in.durable_view(), default_scope(), query, order)) {
      // A type that no run has; see the test of the refusal.
      REQUIRE(filter.find("attr.") != std::string::npos);
      continue;
    }
    REQUIRE(found_ids(in, query, order, &random) == world.expected(query, order));
  }
  // The index has what the runs say, and nothing else.
  std::map<std::string, int> left;
  for (const auto& [id, entry] : world.runs())
    for (const auto& key : index_keys(entry.first, entry.second)) ++left[key];
  REQUIRE(in.durable_view()->scan(column::indexes, {}, [&](std::string_view key, auto) {
    CHECK(--left[std::string{key}] == 0);
    return view::next::more;
  }));
  for (const auto& [key, missing] : left) CHECK(missing == 0);
}

std::uint64_t keys_read_for(store& in, const std::string& filter, std::size_t most,
                            const run_sorting& order = {}) {
  const auto now = in.durable_view();
  auto search = run_finder::make(*now, default_scope(), searched(filter), order);
  REQUIRE(search);
  for (std::size_t found = 0; found < most;) {
    const auto step = search->next();
    REQUIRE(step);
    if (step->at_end) break;
    if (step->run) ++found;
  }
  return search->keys_read();
}

}  // namespace

TEST_CASE("searches of random runs find what a plain list has", "[query][random]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    memory_store store;
    check_random_searches(store, seed, 300);
  }
}

TEST_CASE("searches of a RocksDB store find what a plain list has", "[query][random][rocksdb]") {
  for (std::uint64_t seed = 21; seed <= 24; ++seed) {
    const rocks::test_folder folder;
    const auto store = rocks::open_good(folder.store(), {.mode = durability::off});
    check_random_searches(*store, seed, 300);
  }
}

TEST_CASE("a list by an indexed term reads as many keys from many runs as from few",
          "[query][counts]") {
  const auto cost = [](std::size_t runs, const std::string& filter) {
    memory_store store;
    search_world world{store};
    for (std::size_t i = 0; i < runs; ++i) {
      run_summary run;
      run.key = {default_scope(), run_id{"r" + std::to_string(i)}};
      run.flow = {flow_name{i % 2 == 0 ? "even" : "odd"}, {1, 0, 0}};
      run.created_at = search_epoch - std::chrono::seconds{i};
      run.status = i % 2 == 0 ? run_status::completed : run_status::running;
      if (i % 2 == 0) run.finished_at = run.created_at;
      if (i % 8 == 1) run.waits = {{"signal", "go", "s"}};
      world.put(run, false);
    }
    return keys_read_for(store, filter, 20);
  };
  for (const char* const filter :
       {"", "status=running", "flow=odd", "flow=even status=completed", "flow=even status=running",
        "waiting=signal:go", "id=r7", "started>-30s", "error=none"}) {
    CAPTURE(filter);
    const auto few = cost(400, filter), many = cost(4'000, filter);
    const bool is_disjoint = std::string{filter} == "flow=even status=running";
    if (!is_disjoint) CHECK(many <= few + 8);
    if (!is_disjoint) CHECK(many <= 200);
  }
}

TEST_CASE("an attribute is searched in the index by value and by small ranges",
          "[query][counts][attributes]") {
  memory_store store;
  search_world world{store};
  constexpr std::size_t all = 6'000;
  for (std::size_t i = 0; i < all; ++i) {
    run_summary run;
    run.key = {default_scope(), run_id{"r" + std::to_string(i)}};
    run.flow = {flow_name{"order"}, {1, 0, 0}};
    run.created_at = search_epoch - std::chrono::seconds{i};
    run.attributes.values = {{"n", static_cast<double>(i)},
                             {"customer", "c" + std::to_string(i % 3'000)}};
    world.put(run, false);
  }
  for (const auto& [filter, most] :
       {std::pair{"attr.customer=c7", 40}, std::pair{"attr.n=5", 20},
        std::pair{"attr.n>=10 attr.n<20", 60}, std::pair{"attr.n<20 attr.n>=10 status=running", 60},
        std::pair{"attr.customer^=c1234", 40}, std::pair{"attr.n>100 attr.n<50", 10}}) {
    CAPTURE(filter);
    CHECK(keys_read_for(store, filter, all) <= static_cast<std::uint64_t>(most));
    CHECK(found_ids(store, searched(filter), run_order::oldest) ==
          world.expected(searched(filter), run_order::oldest));
  }
  // In the order of its values a range is read as the index has it, however many there are.
  for (const char* const order : {"attr.n", "-attr.n"}) {
    const auto sorting = *parse_run_sorting(order);
    for (const char* const filter :
         {"attr.n>=500", "attr.n>=500 attr.n<5900", "attr.customer=c7"}) {
      CAPTURE(order, filter);
      CHECK(found_ids(store, searched(filter), sorting) ==
            world.expected(searched(filter), sorting));
    }
    CHECK(keys_read_for(store, "attr.n>=500", 20, sorting) <= 150);
    CHECK(keys_read_for(store, "attr.n=77", 20, sorting) <= 20);
    CHECK(keys_read_for(store, "attr.n>9000", 20, sorting) == 0);
  }
  // So it is counted, without a look at the runs.
  const auto now = store.durable_view();
  auto counted =
      run_finder::make(*now, default_scope(), searched("attr.n>=500"), run_order::newest);
  REQUIRE(counted);
  CHECK(counted->unsorted_attribute() == "n");
  counted = run_finder::make(*now, default_scope(), searched("attr.n>=500 attr.n<5900"),
                             {run_order::by_attribute, "n"});
  REQUIRE(counted);
  counted->read_only_keys();
  std::size_t runs = 0;
  for (auto step = counted->next(); step && !step->at_end; step = counted->next())
    runs += step->run ? 1 : 0;
  CHECK(runs == 5400);
  CHECK(counted->keys_read() == 5400);
  // A range with more runs than are sorted is compared with the runs in the order of the list.
  CHECK(keys_read_for(store, "attr.n>=0", 20) < 2 * max_sorted_entries);
  CHECK(found_ids(store, searched("attr.n>=0"), run_order::newest).size() == all);
}

TEST_CASE("a value of another type than the runs have is refused", "[query][attributes]") {
  memory_store store;
  search_world world{store};
  run_summary run;
  run.key = {default_scope(), run_id{"a"}};
  run.flow = {flow_name{"order"}, {1, 0, 0}};
  run.created_at = search_epoch;
  run.attributes.values = {{"zip", "01234"}, {"total", 3.0}};
  world.put(run, false);
  const auto why = [&](const char* filter) {
    const auto made = run_finder::make(*store.durable_view(), default_scope(), searched(filter),
                                       run_order::newest);
    return made ? std::string{} : made.error().message;
  };
  CHECK(why("attr.zip=1234") ==
        "invalid filter: attr.zip is a text in the runs of this scope, not a number; write a text "
        "in quotes");
  CHECK(why("attr.total!=many") ==
        "invalid filter: attr.total is a number in the runs of this scope, not a text; write such "
        "a value without quotes");
  CHECK(why("attr.total>2026-01-31") ==
        "invalid filter: attr.total is a number in the runs of this scope, not a time");
  CHECK(why("attr.zip=\"1234\" attr.other=5 attr.total>1") == "");
}

TEST_CASE("a damaged record is reported, and the rest of the list is found", "[query]") {
  memory_store store;
  search_world world{store};
  random_source random{1};
  for (const char* const id : {"a", "b", "c"}) {
    run_summary run = random_summary(random, id);
    run.flow.name = flow_name{"order"};
    run.status = run_status::completed;
    run.finished_at = run.created_at;
    world.put(run, false);
  }
  const run_summary& b = world.runs().at("b").first;
  batch damage;
  damage.put(column::runs, keys::run(b.key), "x");
  damage.put(column::indexes, keys::listed_run(b.key, b.status, false, b.created_at), "x");
  world.write(damage);
  const auto now = store.durable_view();
  for (const char* const filter : {"", "flow=order", "status=completed"}) {
    auto search = run_finder::make(*now, default_scope(), searched(filter), run_order::newest);
    REQUIRE(search);
    std::vector<std::string> found;
    std::size_t damaged = 0;
    while (true) {
      const auto step = search->next();
      REQUIRE(step);
      if (step->at_end) break;
      if (step->run) found.push_back(step->run->key.id.str());
      if (step->damage && ++damaged == 1) CHECK(step->damage->message.starts_with("run b"));
    }
    std::sort(found.begin(), found.end());
    CHECK(found == std::vector<std::string>{"a", "c"});
    CHECK(damaged == 1);
  }
}

TEST_CASE("a run whose index entry outlived it is not found", "[query]") {
  memory_store store;
  search_world world{store};
  random_source random{1};
  run_summary run = random_summary(random, "a");
  run.flow.name = flow_name{"order"};
  world.put(run, false);
  batch removal;
  removal.erase(column::runs, keys::run(run.key));
  world.write(removal);
  CHECK(found_ids(store, searched("flow=order"), run_order::newest).empty());
}
