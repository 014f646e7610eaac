#include "flow/machine/builder/run_data.hpp"

#include "flow/testing/part_fixture.hpp"
#include "flow/values/json_size.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

json forked_flow() {
  return flow_of({start(), task("a"), task("b")}, {edge("start", "a"), edge("start", "b")});
}

logic::rule rule_of(const json& source) {
  std::vector<diagnostic> diagnostics;
  return logic::compile(source, "", diagnostics);
}

}  // namespace

TEST_CASE("a token on the trunk writes the data of the run", "[builder]") {
  part_fixture f{forked_flow()};
  f.add_token("a");
  run_data data{f.begin()};
  data.write(f.run.tokens.front(), "x", 1);
  CHECK(*f.run.data == json{{"x", 1}});
  CHECK(f.run.tokens.front().writes.empty());
  f.finish();
}

TEST_CASE("a token on a branch writes what only its branch sees", "[builder]") {
  part_fixture f{forked_flow()};
  f.add_branch("a", "start", 0).writes = json{{"x", 0}};
  f.run.tokens.front().inherited = {{"x", 1}};
  run_data data{f.begin()};
  data.write(f.run.tokens.front(), "x", 1);
  CHECK(f.run.data->empty());
  CHECK(*f.run.tokens.front().writes == json{{"x", 1}});
  CHECK(f.run.tokens.front().inherited.empty());
  CHECK(*data.evaluate(f.run.tokens.front(), rule_of(var("x"))) == 1);
  f.finish();
}

TEST_CASE("a result is merged under a key, by its keys, or as \"result\"", "[builder]") {
  part_fixture f{forked_flow()};
  f.add_token("a");
  run_data data{f.begin()};
  token& t = f.run.tokens.front();
  data.merge(t, {{"a", 1}}, "into");
  data.merge(t, {{"b", 2}}, "");
  data.merge(t, 3, "");
  CHECK(*f.run.data == json{{"into", {{"a", 1}}}, {"b", 2}, {"result", 3}});
  f.finish();
}

TEST_CASE("a child on a branch inherits the writes of its parent", "[builder]") {
  part_fixture f{forked_flow()};
  token& parent = f.add_branch("a", "start", 0);
  parent.writes = json{{"x", 1}};
  token child = parent;
  child.id = 2;
  child.writes = {};
  auto& changes = f.begin();
  run_data{changes}.inherit(child, f.run.tokens.front());
  CHECK(*child.writes == json{{"x", 1}});
  CHECK(child.inherited == std::map<std::string, std::uint32_t>{{"x", 1}});
  CHECK(changes.change().writes_set.at(2) == json{{"x", 1}});
}

TEST_CASE("an update of the data is recorded with its keys and its reason", "[builder]") {
  part_fixture f{forked_flow()};
  auto& changes = f.begin();
  run_data data{changes};
  data.update(json::object());
  CHECK(changes.change().events.empty());
  data.update({{"x", 1}, {"y", 2}}, "a correction");
  data.set_metadata("note", "m");
  CHECK(f.run.metadata == json{{"note", "m"}});
  const auto made = f.finish();
  REQUIRE(made.change.events.size() == 1);
  CHECK(made.change.events.front().detail ==
        json{{"keys", {"x", "y"}}, {"reason", "a correction"}});
}

TEST_CASE("a rule whose value JSON cannot hold is an error", "[builder]") {
  part_fixture f{forked_flow()};
  f.add_token("a");
  json deep = 1;
  for (int i = 0; i < 1'000; ++i) deep = json::array({std::move(deep)});
  run_data data{f.begin()};
  data.write(f.run.tokens.front(), "x", deep);
  const json nested = json::array({var("x")});
  const auto value = data.evaluate(f.run.tokens.front(), rule_of(nested));
  REQUIRE_FALSE(value);
  CHECK(value.error().code == errc::limit_exceeded);
}

TEST_CASE("the size of a run counts all that it keeps", "[builder]") {
  part_fixture f{forked_flow()};
  token& t = f.add_branch("a", "start", 0);
  t.writes = json{{"w", "1234567"}};
  t.question = "q";
  t.answer = "an";
  f.run.maps[1].bytes = 100;
  f.run.compensations.push_back({0, 1, {{"c", 1}}});
  run_data data{f.begin()};
  data.write_to_trunk("x", 1);
  CHECK(f.run.data_bytes + json_container_size == json_size(*f.run.data));
  const std::size_t kept = f.run.data_bytes + 100 + json_size("q") + json_size("an");
  CHECK(data.bytes() == kept + json_size(*t.writes) + json_size({{"c", 1}}));
  data.write(f.run.tokens.front(), "w", 1);
  CHECK(data.bytes() == kept + json_size({{"w", 1}}) + json_size({{"c", 1}}));
}
