// A damaged record in the middle of a list is reported, and the rest is listed.

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <pawl/detail/placement.hpp>
#include <pawl/jobs.hpp>
#include <pawl/run_history.hpp>

#include "persistence/conformance.hpp"
#include "persistence/keys.hpp"
#include "persistence/rocksdb/rocksdb_store.hpp"
#include "tests/engine/fixture.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

namespace keys = persistence::keys;
using persistence::column;

/// Overwrites records of a store that no engine uses.
void damage(const settings& used, const std::vector<std::pair<column, std::string>>& records) {
  const auto store = persistence::open_rocksdb_store(used.storage.data_dir, {}).value();
  persistence::batch writes;
  for (const auto& [where, key] : records) writes.put(where, key, "damaged");
  persistence::conformance::commit(*store, {writes});
  REQUIRE(store->close());
}

/// Calls `fill` on an engine with a data folder, and stops it.
void fill_store(const settings& used, const std::function<void(engine& e)>& fill) {
  engine e{used};
  REQUIRE(e.open());
  fill(e);
  REQUIRE(e.stop());
}

void check_one_damaged(const std::vector<std::string>& damaged, const std::string& name) {
  REQUIRE(damaged.size() == 1);
  CHECK(contains(damaged[0], name));
}

/// The names in all pages of one entry each, and what they report.
template <class Page>
std::pair<std::vector<std::string>, std::vector<std::string>> in_small_pages(
    const std::function<result<Page>(const flow_filter& filter)>& read,
    const std::function<std::vector<std::string>(const Page& page)>& names) {
  std::vector<std::string> found, damaged;
  flow_filter filter{1, {}};
  do {
    const auto page = read(filter);
    REQUIRE(page);
    for (const auto& name : names(*page)) found.push_back(name);
    damaged.insert(damaged.end(), page->damaged.begin(), page->damaged.end());
    filter.cursor = page->next;
  } while (!filter.cursor.empty());
  return {found, damaged};
}

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("a damaged flow is reported, and the others are listed", "[damage]") {
  const data_folder folder;
  const auto used = folder.used();
  fill_store(used, [](engine& e) {
    for (const char* const name : {"a", "b", "c"})
      REQUIRE(e.put_flow(task_flow(name, "core.echo")));
  });
  damage(used, {{column::flows, keys::flow_head(default_scope(), flow_name{"b"})}});
  engine e{used};
  REQUIRE(e.open());
  const auto [found, damaged] =
      in_small_pages<flow_page>([&](const flow_filter& filter) { return e.flows().list(filter); },
                                [](const flow_page& page) {
                                  names all;
                                  for (const auto& each : page.flows)
                                    all.push_back(each.name.str());
                                  return all;
                                });
  CHECK(found == names{"a", "c"});
  check_one_damaged(damaged, "flow b: ");
  const auto all = e.flows().list();
  REQUIRE_FALSE(all);
  CHECK(all.error().code == errc::corrupt);
}

TEST_CASE("a damaged version of a flow is reported, and the others are listed", "[damage]") {
  const data_folder folder;
  const auto used = folder.used();
  fill_store(used, [](engine& e) {
    for (const char* const message : {"1", "2", "3"})
      REQUIRE(e.put_flow(task_flow("f", "core.echo", {{"args", {{"m", message}}}})));
  });
  damage(used, {{column::flows, keys::flow_version(default_scope(), {flow_name{"f"}, {1, 0, 1}})}});
  engine e{used};
  REQUIRE(e.open());
  const auto [found, damaged] = in_small_pages<flow_version_page>(
      [&](const flow_filter& filter) { return e.flows().versions(flow_name{"f"}, filter); },
      [](const flow_version_page& page) {
        names all;
        for (const auto& each : page.versions) all.push_back(to_string(each.id.version));
        return all;
      });
  CHECK(found == names{"1.0.0", "1.0.2"});
  check_one_damaged(damaged, "flow f@1.0.1: ");
  CHECK(e.flows().versions(flow_name{"f"}).error().code == errc::corrupt);
}

TEST_CASE("a damaged job is reported, and the others are listed", "[damage]") {
  const data_folder folder;
  const auto used = folder.used();
  fill_store(used, [](engine& e) {
    for (const char* const id : {"j1", "j2", "j3"}) {
      job_options how;
      how.id = job_id{id};
      REQUIRE(e.jobs().start({.command = job_command::cancel, .filter = "id=none"}, how));
      REQUIRE(e.jobs().wait(job_id{id}, 10s));
    }
  });
  damage(used, {{column::indexes, keys::job_progress({default_scope(), job_id{"j2"}})}});
  engine e{used};
  REQUIRE(e.open());
  job_list_options how{.limit = 1};
  names found;
  std::vector<std::string> damaged;
  do {
    const auto page = e.jobs().list(how);
    REQUIRE(page);
    for (const auto& each : page->jobs) found.push_back(each.id.str());
    damaged.insert(damaged.end(), page->damaged.begin(), page->damaged.end());
    how.cursor = page->next;
  } while (!how.cursor.empty());
  CHECK(found == names{"j3", "j1"});
  check_one_damaged(damaged, "job j2: ");
}

TEST_CASE("damaged results of a job are reported, and the others are listed", "[damage]") {
  const data_folder folder;
  const auto used = folder.used();
  constexpr std::size_t runs = 150;  // three stored pages
  fill_store(used, [](engine& e) {
    REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
    for (std::size_t i = 0; i < runs; ++i) REQUIRE(e.start("f"));
    job_options how;
    how.id = job_id{"j"};
    REQUIRE(e.jobs().start({.command = job_command::cancel, .filter = "flow=f"}, how));
    REQUIRE(e.jobs().wait(job_id{"j"}, 30s));
  });
  damage(used, {{column::indexes, keys::job_page({default_scope(), job_id{"j"}}, 1)}});
  engine e{used};
  REQUIRE(e.open());
  job_results_options how{.limit = 50};
  std::size_t found = 0;
  std::vector<std::string> damaged;
  do {
    const auto page = e.jobs().results(job_id{"j"}, how);
    REQUIRE(page);
    found += page->results.size();
    damaged.insert(damaged.end(), page->damaged.begin(), page->damaged.end());
    how.first = page->next;
  } while (how.first != 0);
  CHECK(found == runs - 64);
  check_one_damaged(damaged, "results 64 to 127 of job j: ");
}

TEST_CASE("a damaged run is reported in every order, and the others are listed", "[damage]") {
  const data_folder folder;
  const auto used = folder.used();
  std::optional<time_point> created;
  fill_store(used, [&](engine& e) {
    REQUIRE(e.put_flow(task_flow("f", "core.echo")));
    for (const char* const id : {"a", "b", "c"}) {
      start_options how{.id = run_id{id}};
      how.attributes = {{"n", 1.0}};
      const auto run = e.start_and_wait("f", {}, 10s, std::move(how));
      REQUIRE(run);
      if (run->summary.key.id == run_id{"b"}) created = run->summary.created_at;
    }
  });
  const run_key b{default_scope(), run_id{"b"}};
  damage(used, {{column::runs, keys::run(b)},
                {column::indexes, keys::listed_run(b, run_status::completed, false, *created)}});
  engine e{used};
  REQUIRE(e.open());
  for (const auto order : {run_order::newest, run_order::oldest, run_order::finished_last,
                           run_order::by_attribute, run_order::updated_last}) {
    CAPTURE(static_cast<int>(order));
    run_filter filter{.order = order};
    if (order == run_order::by_attribute) filter.order_by = "n";
    const auto page = e.runs().list(filter);
    REQUIRE(page);
    names found;
    for (const auto& each : page->runs) found.push_back(each.key.id.str());
    std::sort(found.begin(), found.end());
    CHECK(found == names{"a", "c"});
    check_one_damaged(page->damaged, "run b: ");
  }
}

TEST_CASE("a damaged checkpoint is reported among the events of a scope", "[damage]") {
  const data_folder folder;
  const auto used = folder.used();
  fill_store(used, [](engine& e) {
    REQUIRE(e.put_flow(task_flow("f", "core.echo")));
    for (const char* const id : {"a", "b", "c"})
      REQUIRE(e.start_and_wait("f", {}, 10s, {.id = run_id{id}}));
  });
  const std::string hash = pawl::detail::run_hash({default_scope(), run_id{"b"}});
  damage(used, {{column::checkpoints, keys::checkpoint(hash, 1)}});
  engine e{used};
  REQUIRE(e.open());
  std::vector<std::string> kinds;
  journal_position from;
  for (bool more = true; more;) {
    const auto page = e.events().read(from, 2);
    REQUIRE(page);
    for (const auto& each : page->events) kinds.push_back(each.what.kind + " " + each.run.str());
    from = page->next;
    more = page->more;
  }
  CHECK(std::count(kinds.begin(), kinds.end(), "damaged b") == 1);
  for (const bool newest_first : {false, true}) {
    history_options how;
    how.newest_first = newest_first;
    const auto history = e.runs().history_page(run_id{"b"}, how);
    REQUIRE(history);
    REQUIRE(history->events.size() >= 2);
    const auto& damaged = newest_first ? history->events.back() : history->events.front();
    CHECK(damaged.kind == "damaged");
    CHECK(damaged.checkpoint == 1);
    CHECK(contains(damaged.detail.at("message").get<std::string>(), "checkpoint 1"));
    const auto& last = newest_first ? history->events.front() : history->events.back();
    CHECK(last.kind == "run_completed");
    how.kinds = {"damaged"};
    const auto only = e.runs().history_page(run_id{"b"}, how);
    REQUIRE(only);
    REQUIRE(only->events.size() == 1);
    CHECK(only->events.front().checkpoint == 1);
  }
  for (const char* const id : {"a", "c"})
    CHECK(std::count(kinds.begin(), kinds.end(), std::string{"run_completed "} + id) == 1);
}
