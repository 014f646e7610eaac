#include "cli/run_family.hpp"

#include <map>
#include <string>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::cli;

namespace {

/// Runs by their id, with the ids of the subflows that they wait for.
struct runs {
  std::map<std::string, run_view> all;

  run_view& add(const std::string& id, const std::vector<std::string>& subflows = {}) {
    run_view& run = all[id];
    run.summary.key.id = run_id{id};
    for (const auto& each : subflows) run.waiting_on.push_back({"n", "run", each});
    return run;
  }
  std::vector<std::string> family_of(const std::string& id) {
    std::vector<std::string> ids;
    const auto family = read_family(all.at(id), [this](const run_id& wanted) -> result<run_view> {
      const auto found = all.find(wanted.str());
      if (found == all.end()) return error{errc::not_found, "no such run"};
      return found->second;
    });
    for (const auto& member : family) ids.push_back(member.run.summary.key.id.str());
    return ids;
  }
};

}  // namespace

TEST_CASE("a family lists each run before its own subflows") {
  runs r;
  r.add("p", {"a", "b", "gone"});
  r.add("a", {"a1"});
  r.add("b");
  r.add("a1").waiting_on.push_back({"ask", "answer", "q"});
  CHECK(r.family_of("p") == std::vector<std::string>{"p", "a", "a1", "b"});
}

TEST_CASE("a finished subflow is left out of a family, a quarantined one is not") {
  runs r;
  r.add("p", {"done", "failed", "poisoned"});
  r.add("done").summary.status = run_status::completed;
  r.add("failed").summary.status = run_status::failed;
  r.all["failed"].summary.error = run_error{"broken", "it broke", "n", 1};
  r.add("poisoned").summary.status = run_status::failed;
  r.all["poisoned"].summary.error = run_error{"engine.quarantined", "it died", "", 0};
  CHECK(r.family_of("p") == std::vector<std::string>{"p", "poisoned"});
}

TEST_CASE("a family has a bounded number of runs") {
  runs r;
  std::vector<std::string> many;
  for (int i = 0; i < 500; ++i) many.push_back("r" + std::to_string(i));
  r.add("p", many);
  for (const auto& id : many) r.add(id);
  CHECK(r.family_of("p").size() == 101);
}
