// Settings that rules compute: names of signals and queues, limits of maps, time-outs of calls. And
// what a signal node takes: one of several types, and only what its rule lets through.

#include "flow/machine/listed_waits.hpp"
#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using texts = std::vector<std::string>;

json signal_node_of(json data) {
  return node_of("w", "signal", std::move(data));
}

/// A run that waits at a signal node.
driven_run waiting_for_signal(json data, json input = json::object()) {
  driven_run run{chain({start(), signal_node_of(std::move(data)), task("z")})};
  REQUIRE(run.begin(std::move(input)));
  return run;
}

result<void> send_to(driven_run& run, const char* type, json payload = json::object()) {
  return run.apply(signal_command{type, std::move(payload), ""});
}

texts awaited_in(const driven_run& run) {
  texts names;
  for (const auto& wait : listed_waits(run.flow(), run.state())) names.push_back(wait.name);
  return names;
}

texts problems_of_signal(json data) {
  return errors_of(chain({start(), signal_node_of(std::move(data))}));
}

json map_with(json more) {
  more["items"] = var("list");
  return flow_of({start(), node_of("m", "map", std::move(more)), task("i"), task("z")},
                 {edge("start", "m"), edge_on("each", "m", "i"), edge("m", "z")});
}

}  // namespace

TEST_CASE("a signal node takes the first of several types that comes", "[signal]") {
  const json names{"paid", "cancelled"};
  auto run = waiting_for_signal({{"names", names}, {"into", "came"}});
  CHECK(awaited_in(run) == texts{"paid", "cancelled"});
  REQUIRE(send_to(run, "shipped", {{"x", 1}}));
  CHECK(run.waiting_at() == texts{});
  REQUIRE(send_to(run, "cancelled", {{"by", "ada"}}));
  CHECK(run.waiting_at() == texts{"z"});
  CHECK(run.data().at("came") == json{{"signal", "cancelled"}, {"payload", {{"by", "ada"}}}});
  CHECK(run.state().inbox.all().size() == 1);
  CHECK(survives_restart(run));
}

TEST_CASE("of signals of several types that came before, the oldest is taken", "[signal]") {
  driven_run run{
      chain({start(), task("a"),
             signal_node_of({{"names", {"one", "two"}},
                             {"result", {{"name", var("signal")}, {"n", var("result.n")}}},
                             {"into", "came"}})})};
  REQUIRE(run.begin());
  REQUIRE(send_to(run, "two", {{"n", 2}}));
  REQUIRE(send_to(run, "one", {{"n", 1}}));
  REQUIRE(run.finish("a"));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data() == json{{"came", {{"name", "two"}, {"n", 2}}}});
}

TEST_CASE("a signal that the rule does not let through stays in the inbox", "[signal]") {
  const json large{{">", {var("result.amount"), var("least")}}};
  auto run =
      waiting_for_signal({{"name", "paid"}, {"when", large}, {"timeout", "1h"}}, {{"least", 10}});
  for (const json& payload : {json{{"amount", 10}}, json{{"amount", "x"}}, json(nullptr)})
    REQUIRE(send_to(run, "paid", payload));
  CHECK(run.state().inbox.all().size() == 3);
  CHECK(run.waiting_at() == texts{});
  CHECK(survives_restart(run));
  REQUIRE(send_to(run, "paid", {{"amount", 11}}));
  CHECK(run.waiting_at() == texts{"z"});
  CHECK(run.data().at("amount") == 11);
  CHECK(run.state().inbox.all().size() == 3);
}

TEST_CASE("the rule of a signal reads its type, too", "[signal]") {
  const json only_two{{"==", {var("signal"), "two"}}};
  auto run = waiting_for_signal({{"names", {"one", "two"}}, {"when", only_two}, {"into", "came"}});
  REQUIRE(send_to(run, "one"));
  CHECK(run.waiting_at() == texts{});
  REQUIRE(send_to(run, "two"));
  CHECK(run.data().at("came").at("signal") == "two");
}

TEST_CASE("a rule chooses the type of a signal", "[signal][chosen-name]") {
  const json data{{"name", "paid-{{order}}"}, {"allow", {"paid-7", "paid-8"}}};
  auto run = waiting_for_signal(data, {{"order", 7}});
  CHECK(awaited_in(run) == texts{"paid-7"});
  REQUIRE(send_to(run, "paid-8"));
  CHECK(run.waiting_at() == texts{});
  REQUIRE(send_to(run, "paid-7", {{"ok", true}}));
  CHECK(run.data() == json{{"order", 7}, {"ok", true}});
  auto other = waiting_for_signal(data, {{"order", 9}});
  CHECK(other.status() == run_status::failed);
  CHECK(other.state().error->type == "name_not_allowed");
}

TEST_CASE("two branches each wait for the signal that their rule chooses", "[signal]") {
  const auto branch = [](const char* id, const char* key) {
    return node_of(id, "signal", {{"name", var(key)}, {"allow", {"x", "y"}}, {"into", id}});
  };
  driven_run run{flow_of({start(), branch("a", "p"), branch("b", "q"), node_of("j", "join")},
                         {edge("start", "a"), edge("start", "b"), edge("a", "j"), edge("b", "j")})};
  REQUIRE(run.begin({{"p", "x"}, {"q", "y"}}));
  REQUIRE(send_to(run, "y", {{"n", 2}}));
  REQUIRE(send_to(run, "x", {{"n", 1}}));
  CHECK(run.status() == run_status::completed);
  CHECK(run.data().at("a") == json{{"n", 1}});
  CHECK(run.data().at("b") == json{{"n", 2}});
}

TEST_CASE("a signal node has one name, several or a rule", "[signal][validation]") {
  const std::string at = "/nodes/1/data";
  CHECK(problems_of_signal({{"names", {"a", "b"}}}) == texts{});
  CHECK(problems_of_signal({{"names", json::array()}}) == texts{at + "/names out_of_range"});
  CHECK(problems_of_signal({{"names", "a"}}).front() == at + "/names wrong_type");
  CHECK(problems_of_signal({{"names", {"a", "a"}}}) == texts{at + "/names contradiction"});
  CHECK(problems_of_signal({{"names", {"a\nb"}}}) == texts{at + "/names bad_signal_name"});
  CHECK(problems_of_signal({{"names", {"a"}}, {"name", "b"}}) ==
        texts{at + "/names contradiction"});
  CHECK(problems_of_signal({{"name", var("x")}}) == texts{at + "/allow missing_key"});
  CHECK(problems_of_signal({{"name", var("x")}, {"allow", {"a\nb"}}}) ==
        texts{at + "/allow bad_signal_name"});
  CHECK(problems_of_signal({{"name", "a"}, {"allow", {"a"}}}) ==
        texts{at + "/allow contradiction"});
  CHECK(problems_of_signal({{"name", "a"}, {"when", "x"}}) == texts{at + "/when constant_rule"});
}

TEST_CASE("rules compute how many items of a map run at once and may fail", "[map]") {
  driven_run run{map_with({{"max_concurrency", {{"+", {var("n"), 1}}}},
                           {"tolerate", {{"cat", {var("percent"), "%"}}}}})};
  REQUIRE(run.begin({{"list", {1, 2, 3, 4, 5, 6}}, {"n", 1}, {"percent", 50}}));
  CHECK(run.calls().size() == 2);
  // A change counts for what has not begun.
  REQUIRE(run.apply(pause_command{}));
  REQUIRE(run.finish("i", fail("broken", "no")));
  REQUIRE(run.finish("i", fail("broken", "no")));
  REQUIRE(run.apply(set_data_command{std::nullopt, "", {{"n", 2}}}));
  REQUIRE(run.apply(resume_command{}));
  CHECK(run.calls().size() == 2);
  REQUIRE(run.finish("i", fail("broken", "no")));
  CHECK(run.calls().size() == 3);
  REQUIRE(run.status() == run_status::running);
  CHECK(survives_restart(run));
  REQUIRE(run.finish("i", fail("broken", "no")));
  CHECK(run.status() == run_status::failed);
}

TEST_CASE("a map whose rule returns no limit fails", "[map]") {
  for (const json& wrong : {json(0), json("x"), json(nullptr), json(1.5)}) {
    CAPTURE(wrong);
    driven_run run{map_with({{"max_concurrency", var("n")}})};
    REQUIRE(run.begin({{"list", {1}}, {"n", wrong}}));
    REQUIRE(run.status() == run_status::failed);
    CHECK(mentions(run.state().error->message,
                   "\"max_concurrency\" of a map must be a whole number from 1 to 100000"));
  }
  driven_run run{map_with({{"tolerate", var("n")}})};
  REQUIRE(run.begin({{"list", {1}}, {"n", -1}}));
  REQUIRE(run.finish("i", fail("broken", "no")));
  REQUIRE(run.status() == run_status::failed);
  CHECK(mentions(run.state().error->message, "\"tolerate\" of a map must be"));
  CHECK(errors_of(map_with({{"max_concurrency", 0}})) ==
        texts{"/nodes/1/data/max_concurrency out_of_range"});
  CHECK(errors_of(map_with({{"tolerate", {{"a", 1}, {"b", 2}}}})) ==
        texts{"/nodes/1/data/tolerate not_a_rule"});
}

TEST_CASE("a rule chooses the queue of a task", "[chosen-name][tasks]") {
  driven_run run{
      chain({start(), task("a", {{"queue", "{{kind}}"}, {"allow_queues", {"cpu", "gpu"}}})})};
  REQUIRE(run.begin({{"kind", "gpu"}}));
  REQUIRE(run.call_of("a") != nullptr);
  CHECK(run.call_of("a")->queue == "gpu");
  CHECK(survives_restart(run));
  const auto errors = [](json more) { return errors_of(chain({task("a", std::move(more))})); };
  CHECK(errors({{"queue", var("x")}}) == texts{"/nodes/0/data/allow_queues missing_key"});
  CHECK(errors({{"allow_queues", {"x"}}}).front() == "/nodes/0/data missing_key");
  CHECK(errors({{"queue", "a b"}}) == texts{"/nodes/0/data/queue bad_queue"});
  CHECK(errors({{"compensate", {{"code_ref", "u"}, {"queue", var("x")}}}}).front() ==
        "/nodes/0/data/compensate/allow_queues missing_key");
}

TEST_CASE("a rule computes the time of all attempts when they begin", "[tasks][timeout]") {
  const json retry{{"max_attempts", 100}, {"initial_interval", "1m"}, {"backoff", 1}};
  driven_run run{
      chain({start(), task("a", {{"total_timeout", {{"*", {var("n"), 60}}}}, {"retry", retry}})})};
  REQUIRE(run.begin({{"n", 3}}));
  std::size_t calls = 0;
  for (; run.status() == run_status::running && calls < 10; ++calls) {
    REQUIRE(run.finish("a", fail("broken", "no")));
    CHECK(survives_restart(run));
    if (run.status() == run_status::running) REQUIRE(run.fire_timer());
  }
  CHECK(calls == 3);
  CHECK(run.state().error->type == "broken");

  driven_run broken{chain({start(), task("a", {{"total_timeout", var("t")}})})};
  REQUIRE(broken.begin({{"t", "soon"}}));
  CHECK(broken.status() == run_status::failed);
  CHECK(mentions(broken.state().error->message, "\"total_timeout\" "));
}

TEST_CASE("a rule computes the time between heartbeats", "[tasks][timeout]") {
  driven_run run{chain({start(), task("a", {{"heartbeat_timeout", var("t")}})})};
  REQUIRE(run.begin({{"t", "20s"}}));
  CHECK(run.call_of("a")->heartbeat == std::chrono::seconds{20});
}

TEST_CASE("a rule computes the time-out of an HTTP request", "[http][timeout]") {
  driven_run run{chain(
      {start(), node_of("a", "http", {{"url", "https://example.org"}, {"timeout", var("t")}})})};
  REQUIRE(run.begin({{"t", "2s"}}));
  CHECK(run.call_of("a")->args.at("timeout_ms") == 2'000);
  CHECK(run.call_of("a")->timeout.count() == 0);
}

TEST_CASE("a rule computes the time-out of each attempt", "[tasks][timeout]") {
  driven_run run{chain({start(), task("a", {{"timeout", {{"*", {var("n"), 2}}}}})})};
  REQUIRE(run.begin({{"n", 5}}));
  CHECK(run.call_of("a")->timeout == std::chrono::seconds{10});
  run.restart_from(run.state());
  CHECK(run.call_of("a")->timeout == std::chrono::seconds{10});
  driven_run child{
      chain({start(), node_of("c", "subflow", {{"flow", "x"}, {"timeout", var("t")}})})};
  REQUIRE(child.begin({{"t", "2m"}}));
  CHECK(child.call_of("c")->timeout == std::chrono::minutes{2});
  for (const json& wrong : {json("soon"), json(-1), json(0), json(nullptr)}) {
    driven_run broken{chain({start(), task("a", {{"timeout", var("t")}})})};
    REQUIRE(broken.begin({{"t", wrong}}));
    REQUIRE(broken.status() == run_status::failed);
    CHECK(mentions(broken.state().error->message, "\"timeout\" "));
  }
}
