// Names of flows and ids of runs are any text.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <pawl/engine.hpp>

#include "tests/engine/fixture.hpp"
#include "tests/support/hostile_names.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

/// A text as a value of a filter.
std::string in_quotes(const std::string& text) {
  std::string word = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') word += '\\';
    word += c;
  }
  return word + "\"";
}

std::vector<std::string> found_by(const engine& e, const std::string& where) {
  const auto page = e.runs().list({.limit = 100, .where = where});
  INFO(where);
  REQUIRE(page);
  std::vector<std::string> found;
  for (const auto& run : page->runs) found.push_back(run.key.id.str());
  return found;
}

/// Puts a flow of each name, and a run of the same id.
void start_all(const engine& e) {
  for (const auto& name : hostile_names()) {
    INFO(name);
    REQUIRE(e.put_flow(single(name, "set", {{"values", {{"made", 1}}}})));
    const auto done = e.start_and_wait(name, {{"name", name}}, 30s, {.id = run_id{name}});
    REQUIRE(done);
    CHECK(done->summary.key.id.str() == name);
    CHECK(done->summary.flow.name.str() == name);
  }
}

void check_all(const engine& e) {
  for (const auto& name : hostile_names()) {
    INFO(name);
    const auto run = e.get(run_id{name});
    REQUIRE(run);
    CHECK(run->data == json{{"name", name}, {"made", 1}});
    CHECK(e.flows().get(flow_name{name}));
    CHECK(count_of(kinds_of(e, run_id{name}), "run_completed") == 1);
    CHECK(found_by(e, "id=" + in_quotes(name)) == std::vector<std::string>{name});
    CHECK(found_by(e, "flow=" + in_quotes(name)) == std::vector<std::string>{name});
  }
}

}  // namespace

TEST_CASE("runs of any id and flows of any name are kept apart, also on disk", "[engine][names]") {
  const data_folder folder;
  {
    engine e{folder.used()};
    REQUIRE(e.open());
    start_all(e);
    check_all(e);
    REQUIRE(e.stop());
  }
  engine e{folder.used()};
  REQUIRE(e.open());
  check_all(e);
  const auto all = found_by(e, "");
  const auto names = hostile_names();
  CHECK(std::set<std::string>{all.begin(), all.end()} ==
        std::set<std::string>{names.begin(), names.end()});
  for (std::size_t i = 0; i < names.size(); ++i) {
    INFO(names[i]);
    REQUIRE(e.runs().remove(run_id{names[i]}));
    CHECK(e.get(run_id{names[i]}).error().code == errc::not_found);
    CHECK(found_by(e, "").size() == names.size() - i - 1);
  }
}

TEST_CASE("a subflow of any name is started by a run of any id", "[engine][names]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  for (const auto& name : hostile_names()) {
    INFO(name);
    REQUIRE(e.put_flow(single(name, "set", {{"values", {{"made", name}}}})));
    REQUIRE(e.put_flow(single("parent", "subflow", {{"flow", name}, {"into", "out"}})));
    const auto done = e.start_and_wait("parent", {}, 30s, {.id = run_id{name}});
    REQUIRE(done);
    CHECK(done->summary.status == run_status::completed);
    CHECK(done->data["out"]["made"] == name);
  }
  CHECK(found_by(e, "").size() == 2 * hostile_names().size());
}

TEST_CASE("a name that is not one is refused, and nothing is stored", "[engine][names]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "set", {{"values", {{"a", 1}}}})));
  using namespace std::string_literals;
  for (const auto& bad : {""s, "."s, ".."s, "a\0"s, "a\n"s, "\x1b[31m"s, "\x7f"s, "\xc2\x9b"s,
                          "a\xff"s, "\xed\xa0\x80"s, std::string(256, 'a')}) {
    INFO(bad);
    CHECK(e.start("f", {}, {.id = run_id{bad}}).error().code == errc::invalid_argument);
    CHECK_FALSE(e.put_flow(single(bad, "set", {{"values", {{"a", 1}}}})));
  }
  CHECK(found_by(e, "").empty());
}
