#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

json map_over(json items, json more = json::object(), std::string id = "m") {
  more["items"] = std::move(items);
  return node_of(std::move(id), "map", std::move(more));
}

/// A map that calls task "i" for each of its items, then z.
json mapped(json more = json::object(), json items = var("list")) {
  return flow_of({start(), map_over(std::move(items), std::move(more)), task("i"), task("z")},
                 {edge("start", "m"), edge_on("each", "m", "i"), edge("m", "z")});
}

json numbers(int count) {
  json list = json::array();
  for (int n = 0; n < count; ++n) list.push_back(n * 10);
  return list;
}

driven_run begun(json flow, int items, const limits& allowed = {}) {
  driven_run run{flow, allowed};
  REQUIRE(run.begin({{"list", numbers(items)}}));
  return run;
}

/// Returns the call of a node for an item.
const invoke_effect& call_for(const driven_run& run, const std::string& node, int item) {
  for (const auto& [id, call] : run.calls())
    if (call.node == node && call.state.whole().at("index") == item) return call;
  FAIL("nothing is called for item " << item);
  std::abort();
}

result<void> finish_item(driven_run& run, int item, result<json> value = json::object(),
                         const std::string& node = "i") {
  return run.apply(run.outcome_of(call_for(run, node, item), std::move(value)));
}

/// Returns the indexes of the items that are running at a node.
std::vector<int> under_way(const driven_run& run, const std::string& node = "i") {
  std::vector<int> found;
  for (const auto& [id, call] : run.calls())
    if (call.node == node) found.push_back(call.state.whole().at("index").get<int>());
  return found;
}

const error broken_item = fail("broken", "it broke");

lines errors_of_map(json data) {
  return errors_of(flow_of({start(), node_of("m", "map", std::move(data)), task("i")},
                           {edge("start", "m"), edge_on("each", "m", "i")}));
}

}  // namespace

TEST_CASE("items that are written and no array cause a warning", "[map][validation]") {
  const auto warned = [](json items) {
    return warnings_of(mapped(json::object(), std::move(items)));
  };
  const lines bad{"/nodes/1/data/items bad_items"};
  for (const json& items : {json("list"), json(3), json(true), json{{"a", 1}, {"b", 2}}})
    CHECK(warned(items) == bad);
  CHECK(message_of(mapped(json::object(), "order.lines"), "bad_items") ==
        "node \"m\": the items of a map must be an array, not string; did you mean "
        "{\"var\":\"order.lines\"}?");
  for (const json& items :
       {json::array({1, 2}), var("list"), json("{{list}}"), json{{"literal", {1, 2}}}})
    CHECK(warned(items) == lines{});
}

TEST_CASE("the data of a map is checked", "[map][validation]") {
  const std::string at = "/nodes/1/data";
  CHECK(errors_of_map(json::object()) == lines{at + " missing_key"});
  const auto with = [](const char* key, json value) {
    return errors_of_map({{"items", json::array()}, {key, std::move(value)}});
  };
  CHECK(errors_of_map({{"items", {{"!", {{"wat", 1}}}}}}) ==
        lines{at + "/items/!/wat unknown_operator"});
  CHECK(with("result", {{"!", {{"wat", 1}}}}) == lines{at + "/result/!/wat unknown_operator"});
  for (const char* key : {"as", "index", "into"})
    for (const json& bad : {json(""), json(1)})
      CHECK(with(key, bad) == lines{at + "/" + key + " wrong_type"});
  CHECK(with("as", "index") == lines{at + "/index contradiction"});
  for (const json& bad : {json(0), json(-1), json("all"), json(100'001)})
    CHECK(with("max_concurrency", bad) == lines{at + "/max_concurrency out_of_range"});
  for (const json& bad : {json(-1), json(1.5), json("%"), json("101%"), json("1000%"), json("5"),
                          json("-5%"), json("5 %"), json(true), json("")})
    CHECK(with("tolerate", bad) == lines{at + "/tolerate out_of_range"});
  for (const json& good : {json(0), json(3), json("0%"), json("100%")})
    CHECK(with("tolerate", good) == lines{});
}

TEST_CASE("a map needs one each edge, and its items do not lead back", "[map][validation]") {
  const auto with = [](std::vector<json> more) {
    std::vector<json> edges{edge("start", "m"), edge("m", "z")};
    edges.insert(edges.end(), more.begin(), more.end());
    return errors_of(flow_of({start(), map_over(var("l")), task("i"), task("z")}, edges));
  };
  CHECK(with({edge("z", "i")}) == lines{"/nodes/1 missing_edge"});
  CHECK(with({edge_on("each", "m", "i"), edge_on("each", "m", "i")}) ==
        lines{"/edges/3 duplicate_edge"});
  CHECK(with({edge_on("each", "m", "i"), edge("i", "m")}) == lines{"/edges/3 back_to_map"});
  CHECK(with({edge_on("each", "m", "i"), edge("z", "i")}) == lines{"/edges/3 into_map"});
  CHECK(with({edge_on("each", "m", "i"), edge("i", "z")}) == lines{"/edges/1 into_map"});
  CHECK(with({edge_on("each", "m", "i")}) == lines{});
  json both = edge_on("each", "m", "i");
  both["data"]["when"] = var("x");
  CHECK(with({both}) == lines{"/edges/2/data contradiction"});
  CHECK(with({edge_on("each", "m", "i", 1)}).front() == "/edges/2/data/each wrong_type");
}

TEST_CASE("a map runs each item and collects the results in order", "[map]") {
  auto run = begun(mapped(), 3);
  CHECK(under_way(run) == std::vector<int>{0, 1, 2});
  CHECK(call_for(run, "i", 1).state.whole() ==
        json{{"list", {0, 10, 20}}, {"item", 10}, {"index", 1}});
  CHECK(survives_restart(run));
  REQUIRE(finish_item(run, 2, json{{"x", "c"}}));
  REQUIRE(finish_item(run, 0, json{{"x", "a"}}));
  CHECK(run.status() == run_status::running);
  CHECK(survives_restart(run));
  REQUIRE(finish_item(run, 1, json(7)));
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.data() ==
        json{{"list", {0, 10, 20}},
             {"results", json::array({{{"x", "a"}}, {{"result", 7}}, {{"x", "c"}}})}});
  CHECK(run.state().tokens.size() == 1);
  CHECK(run.state().maps.empty());
  CHECK(run.story("item").size() == 3);
  CHECK(run.story("map_began") == lines{"map_began m 1.1"});
}

TEST_CASE("a map over an empty array completes at once", "[map]") {
  auto run = begun(mapped(), 0);
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.data().at("results") == json::array());
  CHECK(run.state().maps.empty());
}

TEST_CASE("the keys of the item, its index and the results can be chosen", "[map]") {
  auto run = begun(mapped({{"as", "order"}, {"index", "number"}, {"into", "done"}}), 1);
  CHECK(run.call_of("i")->state.whole() == json{{"list", {0}}, {"order", 0}, {"number", 0}});
  REQUIRE(run.finish("i", json{{"order", "own"}, {"x", 1}}));
  CHECK(run.data() == json{{"list", {0}}, {"done", json::array({{{"x", 1}}})}});
}

TEST_CASE("the result of an item can be computed from its branch's data", "[map]") {
  auto run = begun(mapped({{"result", {{"+", {var("item"), var("x"), var("base")}}}}}), 2);
  REQUIRE(finish_item(run, 0, json{{"x", 1}, {"base", 100}}));
  REQUIRE(finish_item(run, 1, json{{"x", 2}, {"base", 200}}));
  CHECK(run.data().at("results") == json{101, 212});
  CHECK_FALSE(run.data().contains("x"));
}

TEST_CASE("max_concurrency limits the number of running items", "[map]") {
  auto run = begun(mapped({{"max_concurrency", 2}}), 5);
  CHECK(under_way(run) == std::vector<int>{0, 1});
  REQUIRE(finish_item(run, 1));
  CHECK(under_way(run) == std::vector<int>{0, 2});
  REQUIRE(finish_item(run, 0));
  CHECK(under_way(run) == std::vector<int>{2, 3});
  CHECK(survives_restart(run));
  for (const int item : {3, 2, 4}) REQUIRE(finish_item(run, item));
  CHECK(run.waiting_at() == lines{"z"});
}

TEST_CASE("the items come from a rule; a value that is not an array or too long fails the map",
          "[map][limits]") {
  const auto error_for = [](json list, const limits& allowed = {}) {
    driven_run run{mapped(), allowed};
    REQUIRE(run.begin({{"list", std::move(list)}}));
    REQUIRE(run.status() == run_status::failed);
    return *run.state().error;
  };
  CHECK(mentions(error_for(json::object()).message, "must be an array, not object"));
  CHECK(error_for(nullptr).type == "invalid_argument");
  limits few;
  few.max_map_items = 3;
  CHECK(error_for({1, 2, 3, 4}, few).type == "limit_exceeded");
  CHECK(mentions(error_for({1, 2, 3, 4}, few).message, "run.max_map_items"));
  CHECK(begun(mapped(), 3, few).status() == run_status::running);
}

TEST_CASE("a map over very many items only has branches for running items", "[map][limits]") {
  limits allowed;
  allowed.max_tokens = 12;
  json flow = flow_of({start(), map_over(var("list"), {{"result", var("item")}}),
                       node_of("i", "set", {{"values", {{"x", 1}}}})},
                      {edge("start", "m"), edge_on("each", "m", "i")});
  auto run = begun(flow, 10'000, allowed);
  CHECK(run.advance_due());  // it lets others have their turn
  run.settle();
  CHECK(run.status() == run_status::completed);
  CHECK(run.data().at("results") == run.data().at("list"));
}

TEST_CASE("max_visits of a node inside a map counts for all items together", "[map][limits]") {
  json flow = mapped();
  flow["nodes"][2] = task("i", {{"max_visits", 2}});
  auto run = begun(flow, 3);
  CHECK(run.state().error->type == "visit_limit");
}

TEST_CASE("a map with less room for branches runs fewer items", "[map][limits]") {
  limits allowed;
  allowed.max_tokens = 3;  // the map's own is one
  auto run = begun(mapped(), 5, allowed);
  CHECK(under_way(run) == std::vector<int>{0, 1});
  REQUIRE(finish_item(run, 0));
  CHECK(under_way(run) == std::vector<int>{1, 2});
}

TEST_CASE("a map with no room for a single item fails the run", "[map][limits][retry]") {
  limits allowed;
  allowed.max_tokens = 1;
  auto run = begun(mapped(), 2, allowed);
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "limit_exceeded");
  CHECK(mentions(run.state().error->message, "run.max_tokens"));
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.status() == run_status::failed);
  CHECK(broken_invariant(run.state()) == "");
}

TEST_CASE("items and their results count towards the size of the run", "[map][limits]") {
  limits allowed;
  allowed.max_state_bytes = 500;
  auto run = begun(mapped(), 3, allowed);
  REQUIRE(finish_item(run, 0, json{{"x", std::string(200, 'x')}}));
  CHECK(run.status() == run_status::running);
  REQUIRE(finish_item(run, 1, json{{"x", std::string(300, 'x')}}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->type == "limit_exceeded");
}

TEST_CASE("a failed item fails the run, and a retry continues with that item", "[map][retry]") {
  auto run = begun(mapped(), 3);
  REQUIRE(finish_item(run, 0, json{{"x", 0}}));
  REQUIRE(finish_item(run, 2, json{{"x", 2}}));
  REQUIRE(finish_item(run, 1, broken_item));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->node == "i");
  CHECK(survives_restart(run));
  REQUIRE(run.apply(retry_command{}));
  CHECK(under_way(run) == std::vector<int>{1});
  CHECK(run.calls().size() == 1);
  REQUIRE(finish_item(run, 1, json{{"x", 1}}));
  CHECK(run.data().at("results") == json::array({{{"x", 0}}, {{"x", 1}}, {{"x", 2}}}));
}

TEST_CASE("the duration of a map counts its items, but not the time in which the run has failed",
          "[map][retry]") {
  auto run = begun(mapped(), 2);
  const auto began = run.now() - std::chrono::seconds{1};  // each command takes a second
  run.advance_clock(std::chrono::seconds{3});
  REQUIRE(finish_item(run, 0, json{{"x", 0}}));
  REQUIRE(finish_item(run, 1, broken_item));
  REQUIRE(run.status() == run_status::failed);
  const auto failed_at = run.now() - std::chrono::seconds{1};
  run.advance_clock(std::chrono::hours{1});
  const auto retried_at = run.now();
  REQUIRE(run.apply(retry_command{}));
  const auto ended_at = run.now();
  REQUIRE(finish_item(run, 1, json{{"x", 1}}));
  for (const auto& e : run.events()) {
    if (e.kind == event_kind::step_finished && e.detail.contains("items"))
      CHECK(e.detail.at("us") == ((failed_at - began) + (ended_at - retried_at)).count());
  }
}

TEST_CASE("a map tolerates the configured number of failed items", "[map]") {
  for (const json& some : {json(1), json("34%")}) {
    CAPTURE(some.dump());
    auto run = begun(mapped({{"tolerate", some}}), 3);
    REQUIRE(finish_item(run, 1, broken_item));
    CHECK(run.status() == run_status::running);
    CHECK(under_way(run) == std::vector<int>{0, 2});
    auto too_many = run;
    REQUIRE(finish_item(run, 0, json{{"x", 0}}));
    REQUIRE(finish_item(run, 2, json{{"x", 2}}));
    CHECK(run.waiting_at() == lines{"z"});
    const json failed{{"error", {{"type", "broken"}, {"message", "it broke"}, {"node", "i"}}},
                      {"item", 10},
                      {"index", 1}};
    CHECK(run.data().at("results") == json::array({{{"x", 0}}, failed, {{"x", 2}}}));
    CHECK(run.story("item_failed").size() == 1);
    REQUIRE(finish_item(too_many, 0, broken_item));
    CHECK(too_many.status() == run_status::failed);
  }
}

TEST_CASE("a failed item keeps the details of its error", "[map]") {
  auto run = begun(mapped({{"tolerate", 1}}), 1);
  REQUIRE(finish_item(run, 0, fail("http_status", "no", {{"status", 404}})));
  CHECK(run.data().at("results").at(0).at("error").at("details") == json{{"status", 404}});
}

TEST_CASE("a map ends when its rule is true, and drops the items under way", "[map]") {
  const json enough{{">=", {var("done"), 2}}};
  auto run = begun(mapped({{"until", enough}, {"max_concurrency", 3}}), 6);
  REQUIRE(finish_item(run, 1, json{{"x", 1}}));
  CHECK(under_way(run).size() == 3);
  REQUIRE(finish_item(run, 0, json{{"x", 0}}));
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.data().at("results") ==
        json::array({{{"x", 0}}, {{"x", 1}}, nullptr, nullptr, nullptr, nullptr}));
  CHECK(run.story("branch_dropped").size() == 2);
  CHECK(survives_restart(run));
}

TEST_CASE("the rule that ends a map reads its progress and the data", "[map]") {
  const auto ends_after = [](json rule) {
    auto run = begun(mapped({{"until", std::move(rule)}, {"tolerate", 9}}), 4);
    int ended = 0;
    for (; ended < 4 && run.call_of("z") == nullptr; ++ended) {
      const bool breaks = ended == 1;
      REQUIRE(finish_item(run, ended, breaks ? result<json>(broken_item) : json{{"x", ended}}));
    }
    return run.status() == run_status::failed ? -1 : ended;
  };
  CHECK(ends_after({{"==", {var("failed"), 1}}}) == 2);
  CHECK(ends_after({{"==", {{{"-", {var("total"), var("done")}}}, 1}}}) == 3);
  CHECK(ends_after({{"==", {var("results.2.x"), 2}}}) == 3);
  CHECK(ends_after({{"==", {var("list.0"), 0}}}) == 1);
  CHECK(ends_after(false) == 4);
}

TEST_CASE("a failing rule fails the run at the map, and a retry goes on", "[map][retry]") {
  auto run = begun(mapped({{"until", {{"/", {1, {{"-", {var("done"), 1}}}}}}}}), 3);
  REQUIRE(finish_item(run, 0));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->node == "m");
  CHECK(survives_restart(run));
  REQUIRE(run.apply(retry_command{{}, ""}));
  REQUIRE(finish_item(run, 1));
  CHECK(run.waiting_at() == lines{"z"});
}

TEST_CASE("a map with \"into\": null keeps no results", "[map]") {
  auto run = begun(mapped({{"into", nullptr}}), 1);
  REQUIRE(finish_item(run, 0, json{{"x", 0}}));
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.data() == json{{"list", numbers(1)}});
}

TEST_CASE("absent items fail a map, or are none", "[map]") {
  driven_run failing{mapped()};
  REQUIRE(failing.begin());
  CHECK(failing.status() == run_status::failed);
  CHECK(mentions(failing.state().error->message, "\"absent\": \"empty\""));
  driven_run empty{mapped({{"absent", "empty"}})};
  REQUIRE(empty.begin());
  CHECK(empty.waiting_at() == lines{"z"});
  CHECK(empty.data().at("results") == json::array());
}

TEST_CASE("a percentage of the items is rounded down", "[map]") {
  auto run = begun(mapped({{"tolerate", "33%"}}), 3);
  REQUIRE(finish_item(run, 1, broken_item));
  CHECK(run.status() == run_status::failed);
  auto all = begun(mapped({{"tolerate", "100%"}}), 2);
  REQUIRE(finish_item(all, 0, broken_item));
  REQUIRE(finish_item(all, 1, broken_item));
  CHECK(all.waiting_at() == lines{"z"});
}

TEST_CASE("an error that is caught inside an item does not fail the item", "[map][on-error]") {
  json flow = mapped();
  flow["nodes"].push_back(task("help"));
  flow["edges"].push_back(edge_on("on_error", "i", "help"));
  auto run = begun(flow, 1);
  REQUIRE(run.finish("i", broken_item));
  CHECK(run.waiting_at() == lines{"help"});
  REQUIRE(run.finish("help", json{{"x", 1}}));
  CHECK(run.data().at("results").at(0).at("error").at("type") == "broken");
  CHECK(run.data().at("results").at(0).at("x") == 1);
}

TEST_CASE("a map's on_error edge catches errors that its items do not", "[map][on-error]") {
  json flow = mapped({{"tolerate", 1}});
  flow["nodes"].push_back(task("help"));
  flow["edges"].push_back(edge_on("on_error", "m", "help", "broken"));
  auto run = begun(flow, 3);
  REQUIRE(finish_item(run, 0, broken_item));
  auto other = run;
  CHECK(under_way(run) == std::vector<int>{1, 2});
  REQUIRE(finish_item(run, 1, broken_item));
  CHECK(run.waiting_at() == lines{"help"});  // the third item is dropped
  CHECK(run.story("branch_dropped").size() >= 1);
  CHECK(run.data().at("error").at("node") == "m");
  CHECK(run.state().maps.empty());
  CHECK(survives_restart(run));
  REQUIRE(finish_item(other, 1, fail("else", "")));
  CHECK(other.status() == run_status::failed);  // the edge is not meant for it
}

TEST_CASE("items may fork, join and take several steps", "[map][fork][join]") {
  json flow =
      flow_of({start(), map_over(var("list")), task("i"), task("x"), task("y"),
               node_of("j", "join"), task("k"), task("z")},
              {edge("start", "m"), edge_on("each", "m", "i"), edge("i", "x"), edge("i", "y"),
               edge("x", "j"), edge("y", "j"), edge("j", "k"), edge("m", "z")});
  auto run = begun(flow, 2);
  for (const int item : {0, 1}) REQUIRE(finish_item(run, item, json{{"i", item}}));
  REQUIRE(finish_item(run, 1, json{{"x", 1}}, "x"));
  REQUIRE(finish_item(run, 0, json{{"y", 0}}, "y"));
  CHECK(under_way(run, "k").empty());  // no item waits for another's branches
  REQUIRE(finish_item(run, 1, json{{"y", 1}}, "y"));
  CHECK(under_way(run, "k") == std::vector<int>{1});
  CHECK(survives_restart(run));
  REQUIRE(finish_item(run, 0, json{{"x", 0}}, "x"));
  REQUIRE(finish_item(run, 0, json{{"k", 0}}, "k"));
  REQUIRE(finish_item(run, 1, json{{"k", 1}}, "k"));
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.data().at("results") == json::array({{{"i", 0}, {"x", 0}, {"y", 0}, {"k", 0}},
                                                 {{"i", 1}, {"x", 1}, {"y", 1}, {"k", 1}}}));
}

TEST_CASE("an item completes when all its branches have ended", "[map][fork][merge]") {
  json flow = flow_of({start(), map_over(var("list"), {{"tolerate", 1}}), task("i"), task("x"),
                       task("y"), task("z")},
                      {edge("start", "m"), edge_on("each", "m", "i"), edge("i", "x"),
                       edge("i", "y"), edge("m", "z")});
  auto run = begun(flow, 2);
  for (const int item : {0, 1}) REQUIRE(finish_item(run, item));
  REQUIRE(finish_item(run, 0, json{{"x", 1}}, "x"));
  CHECK(run.story("item").empty());
  REQUIRE(finish_item(run, 0, json{{"y", 1}}, "y"));
  CHECK(run.story("item").size() == 1);
  REQUIRE(finish_item(run, 1, json{{"k", 1}}, "x"));
  REQUIRE(finish_item(run, 1, json{{"k", 2}}, "y"));  // in conflict: the item fails
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.data().at("results").at(0) == json{{"x", 1}, {"y", 1}});
  CHECK(run.data().at("results").at(1).at("error").at("type") == "merge_conflict");
}

TEST_CASE("an item with a merge conflict is not repeated by a retry", "[map][retry]") {
  auto run = begun(mapped({{"result", {{"*", json::array()}}}}), 1);
  REQUIRE(run.finish("i", json{{"x", 1}}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->node == "m");
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.story("step_started i").size() == 1);
  CHECK(broken_invariant(run.state()) == "");
}

TEST_CASE("a failed branch of an item drops the other branches of that item", "[map][fork]") {
  json flow = flow_of({start(), map_over(var("list"), {{"tolerate", 1}}), task("i"), task("x"),
                       task("y"), task("z")},
                      {edge("start", "m"), edge_on("each", "m", "i"), edge("i", "x"),
                       edge("i", "y"), edge("m", "z")});
  auto run = begun(flow, 2);
  for (const int item : {0, 1}) REQUIRE(finish_item(run, item));
  REQUIRE(finish_item(run, 0, broken_item, "x"));
  CHECK(under_way(run, "x") == std::vector<int>{1});
  CHECK(under_way(run, "y") == std::vector<int>{1});
}

TEST_CASE("maps can be nested", "[map]") {
  json flow = flow_of(
      {start(), map_over(var("lists"), {{"as", "list"}, {"index", "row"}, {"into", "rows"}}),
       map_over(var("list"), {{"result", var("x")}, {"into", "cells"}}, "inner"), task("i"),
       task("z")},
      {edge("start", "m"), edge_on("each", "m", "inner"), edge_on("each", "inner", "i"),
       edge("m", "z")});
  driven_run run{flow};
  REQUIRE(run.begin({{"lists", {{1, 2}, json::array(), {3}}}}));
  REQUIRE(run.calls().size() == 3);
  CHECK(survives_restart(run));
  while (run.call_of("i") != nullptr) {
    const auto call = run.calls().rbegin()->second;
    const json& state = call.state.whole();
    REQUIRE(run.apply(run.outcome_of(
        call, json{{"x", state.at("row").get<int>() * 100 + state.at("item").get<int>()}})));
  }
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.data().at("rows") ==
        json::array({{{"cells", {1, 2}}}, {{"cells", json::array()}}, {{"cells", {203}}}}));
}

TEST_CASE("the innermost map that tolerates a failure takes it", "[map]") {
  const auto flow = [](json outer, json inner) {
    outer["as"] = "list";
    return flow_of({start(), map_over(var("lists"), std::move(outer)),
                    map_over(var("list"), std::move(inner), "inner"), task("i"), task("z")},
                   {edge("start", "m"), edge_on("each", "m", "inner"),
                    edge_on("each", "inner", "i"), edge("m", "z")});
  };
  const json lists = json::array({json::array({1}), json::array({2})});
  driven_run by_inner{flow({{"tolerate", 1}}, {{"tolerate", 1}})};
  REQUIRE(by_inner.begin({{"lists", lists}}));
  REQUIRE(by_inner.finish("i", broken_item));
  CHECK(by_inner.story("item_failed") == lines{"item_failed inner 1.1"});
  driven_run by_outer{flow({{"tolerate", 1}}, json::object())};
  REQUIRE(by_outer.begin({{"lists", lists}}));
  REQUIRE(by_outer.finish("i", broken_item));
  CHECK(by_outer.story("item_failed") == lines{"item_failed m 1.1"});
  CHECK(by_outer.calls().size() == 1);
  CHECK(by_outer.state().maps.size() == 2);  // the inner map that failed is gone
  REQUIRE(by_outer.finish("i"));
  CHECK(by_outer.waiting_at() == lines{"z"});
}

TEST_CASE("a map in a branch writes its results to that branch", "[map][fork]") {
  json flow = flow_of({start(), task("a"), task("b"), map_over(var("list")), task("i"), task("z")},
                      {edge("start", "a"), edge("start", "b"), edge("a", "m"),
                       edge_on("each", "m", "i"), edge("m", "z")});
  auto run = begun(flow, 2);
  REQUIRE(run.finish("a", json{{"a", 1}}));
  REQUIRE(finish_item(run, 0));
  REQUIRE(finish_item(run, 1, json{{"x", 1}}));
  CHECK(run.call_of("z")->state.whole() ==
        json{{"list", {0, 10}}, {"a", 1}, {"results", json::array({json::object(), {{"x", 1}}})}});
  CHECK_FALSE(run.data().contains("results"));
  REQUIRE(run.finish("z"));
  REQUIRE(run.finish("b"));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data().contains("results"));
}

TEST_CASE("two branches can enter one map, with joins inside the items", "[map][fork][join]") {
  // The join closes the fork inside the item. That both branches of start lead to it through the
  // map does not matter.
  json flow = flow_of({start(), task("a"), task("b"), map_over(var("list"), {{"into", "done"}}),
                       task("i"), task("x"), task("y"), node_of("j", "join"), node_of("k", "join")},
                      {edge("start", "a"), edge("start", "b"), edge("a", "m"), edge("b", "m"),
                       edge_on("each", "m", "i"), edge("i", "x"), edge("i", "y"), edge("x", "j"),
                       edge("y", "j"), edge("m", "k")});
  auto run = begun(flow, 1);
  for (const char* node : {"a", "b", "i", "i", "x", "y", "x", "y"}) REQUIRE(run.finish(node));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data().at("done") == json::array({json::object()}));
}

TEST_CASE("items wait, ask and are retried like any branch", "[map][wait][interrupt]") {
  json flow =
      flow_of({start(), map_over(var("list")), node_of("w", "wait", {{"duration", var("item")}}),
               node_of("q", "interrupt", {{"question", var("item")}}), task("z")},
              {edge("start", "m"), edge_on("each", "m", "w"), edge("w", "q"), edge("m", "z")});
  driven_run run{flow};
  REQUIRE(run.begin({{"list", {10, 20}}}));
  CHECK(is_parked(run.state()));
  REQUIRE(run.fire_timer());
  REQUIRE(run.fire_timer());
  CHECK(run.status() == run_status::paused);
  CHECK(broken_invariant(run.state()) == "");
  CHECK(survives_restart(run));
  REQUIRE(run.apply(resume_command{std::nullopt, "", json::object(), "q#2.1", json("second")}));
  CHECK(run.status() == run_status::paused);
  REQUIRE(run.apply(resume_command{std::nullopt, "", json::object(), "q#1.1", json("first")}));
  CHECK(run.data().at("results") == json::array({{{"result", "first"}}, {{"result", "second"}}}));
}

TEST_CASE("a run can be paused and resumed in the middle of a map", "[map][pause]") {
  auto run = begun(mapped({{"max_concurrency", 1}}), 3);
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(finish_item(run, 0));
  CHECK(run.status() == run_status::paused);
  CHECK(survives_restart(run));
  REQUIRE(run.apply(resume_command{}));
  CHECK(under_way(run) == std::vector<int>{1});
}

TEST_CASE("a map in a loop starts over with each visit", "[map][loops]") {
  json flow = flow_of(
      {start(), map_over(var("list")), task("i"), task("z")},
      {edge("start", "m"), edge_on("each", "m", "i"), edge("m", "z"), edge("z", "m", var("more"))});
  auto run = begun(flow, 2);
  for (const bool more : {true, false}) {
    REQUIRE(finish_item(run, 0, json{{"x", more}}));
    REQUIRE(finish_item(run, 1));
    CHECK(run.data().at("results").at(0) == json{{"x", more}});
    REQUIRE(run.finish("z", json{{"more", more}}));
  }
  CHECK(run.status() == run_status::completed);
}

TEST_CASE("dropping a map at a join drops its items", "[map][join]") {
  json flow = flow_of({start(), task("a"), map_over(var("list")), task("i"),
                       node_of("j", "join", {{"wait_for", "any"}}), task("z")},
                      {edge("start", "m"), edge("start", "a"), edge_on("each", "m", "i"),
                       edge("m", "j"), edge("a", "j"), edge("j", "z")});
  auto run = begun(flow, 2);
  REQUIRE(run.finish("a"));
  CHECK(run.waiting_at() == lines{"z"});
  CHECK(run.state().maps.empty());
  CHECK(run.state().tokens.size() == 1);
  CHECK(broken_invariant(run.state()) == "");
}

TEST_CASE("a map tolerates an item whose join cannot continue", "[map][join]") {
  for (const json& how : {json{{"wait_for", 2}}, json::object()}) {
    CAPTURE(how.dump());
    const bool deadlock = how.empty();
    // Without wait_for: x and y join at j, and the result waits at k for w.
    json flow = flow_of(
        {start(), map_over(var("list"), {{"tolerate", 1}}), task("i"), task("x"), task("y"),
         task("w"), node_of("j", "join", how), node_of("k", "join"), task("z")},
        {edge("start", "m"), edge_on("each", "m", "i"), edge("i", "x"), edge("i", "y"),
         edge("i", "w"), edge("x", "j"), edge("y", "j", deadlock ? json(true) : var("go")),
         edge("j", "k"), edge("w", "k", deadlock ? json(true) : var("go")), edge("m", "z")});
    auto run = begun(flow, 1);
    for (const char* node : {"i", "x", "y", "w"}) REQUIRE(run.finish(node));
    CHECK(run.waiting_at() == lines{"z"});
    CHECK(run.data().at("results").at(0).at("error").at("type") ==
          (deadlock ? "join_deadlock" : "join_unsatisfied"));
  }
}

TEST_CASE("the steps of items are compensated when the run fails", "[map][compensate]") {
  json flow = mapped();
  flow["nodes"][2] =
      task("i", {{"compensate", {{"code_ref", "undo"}, {"with", {{"item", var("item")}}}}}});
  auto run = begun(flow, 2);
  REQUIRE(finish_item(run, 0));
  REQUIRE(finish_item(run, 1));
  REQUIRE(run.finish("z", broken_item));
  CHECK(run.call_of("i")->args == json{{"item", 10}});
  REQUIRE(run.finish("i"));
  CHECK(run.call_of("i")->args == json{{"item", 0}});
  REQUIRE(run.finish("i"));
  CHECK(run.status() == run_status::failed);
}
