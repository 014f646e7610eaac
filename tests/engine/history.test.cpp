// Inputs, outputs and senders in the history of a run, and its steps, on a real engine.

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include <pawl/engine.hpp>
#include <pawl/run_history.hpp>
#include <pawl/run_states.hpp>

#include "tests/engine/worker_fixture.hpp"

using namespace pawl;
using namespace pawl::testing;

namespace {

json adds(const std::string& id) {
  return node(id, "task", {{"code_ref", "h.add"}, {"with", {{"n", {{"var", "n"}}}}}});
}

/// An engine whose function `h.add` returns n + 1, and fails the first attempt if n is 10.
struct adding_engine {
  explicit adding_engine(bool pure) {
    REQUIRE(e.functions().add("h.add",
                              [](step_context& step) -> result<json> {
                                const auto n = step.args().at("n").get<int>();
                                if (n == 10 && step.attempt() == 1)
                                  return fail("unlucky", "not yet");
                                return json{{"n", n + 1}};
                              },
                              {.pure = pure}));
    REQUIRE(e.open());
  }
  engine e{quiet_settings()};
};

std::vector<run_step> all_steps(const engine& e, const run_id& id, bool newest_first,
                                std::size_t limit) {
  std::vector<run_step> all;
  step_options how;
  how.newest_first = newest_first;
  how.limit = limit;
  do {
    const auto page = e.runs().steps(id, how);
    REQUIRE(page);
    all.insert(all.end(), page->steps.begin(), page->steps.end());
    how.from = page->next;
  } while (how.from != 0);
  return all;
}

std::string line_of(const run_step& s) {
  return s.node + " " + std::to_string(s.visit) + "." + std::to_string(s.attempt) + " " + s.status +
         " " + (s.input ? s.input->dump() : "-") + " " + (s.output ? s.output->dump() : "-");
}

std::vector<std::string> lines_of(const std::vector<run_step>& steps) {
  std::vector<std::string> lines;
  for (const auto& each : steps) lines.push_back(line_of(each));
  return lines;
}

}  // namespace

TEST_CASE("steps have the input and output of every attempt", "[engine][history]") {
  const bool pure = GENERATE(false, true);
  CAPTURE(pure);
  adding_engine on{pure};
  json second = adds("b");
  second["data"]["retry"] = {{"max_attempts", 2}, {"initial_interval", "1ms"}};
  REQUIRE(on.e.put_flow(
      flow_named("f", {node("begin", "start"), adds("a"), second, adds("c"), node("end", "end")},
                 {edge("begin", "a"), edge("a", "b"), edge("b", "c"), edge("c", "end")})));
  const auto done = on.e.start_and_wait("f", {{"n", 9}}, 10s);
  REQUIRE(done);
  REQUIRE(done->summary.status == run_status::completed);
  const std::vector<std::string> expected = {
      R"(a 1.1 completed {"n":9} {"n":10})", R"(b 1.1 failed {"n":10} -)",
      R"(b 1.2 completed {"n":10} {"n":11})", R"(c 1.1 completed {"n":11} {"n":12})"};
  const auto& id = done->summary.key.id;
  for (const std::size_t limit : {1u, 2u, 100u}) {
    CAPTURE(limit);
    CHECK(lines_of(all_steps(on.e, id, false, limit)) == expected);
    auto back = lines_of(all_steps(on.e, id, true, limit));
    std::reverse(back.begin(), back.end());
    CHECK(back == expected);
  }
  const auto steps = all_steps(on.e, id, false, 100);
  CHECK(steps[1].error->type == "unlucky");
  CHECK(steps[1].function == "h.add");
  CHECK(steps[0].type == "task");
}

TEST_CASE("a section and a map that are left by an error are failed steps", "[engine][history]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  const json body_edge{{"body", true}}, each_edge{{"each", true}}, error_edge{{"on_error", true}};
  REQUIRE(e.put_flow(flow_named(
      "f",
      {node("begin", "start"), node("s", "section", {{"compensate", "on_error"}}),
       node("a", "task", {{"code_ref", "core.set"}, {"compensate", {{"code_ref", "core.set"}}}}),
       node("b", "fail", {{"error", "refused"}, {"message", "no"}}),
       node("m", "map", {{"items", {1}}}),
       node("i", "fail", {{"error", "refused"}, {"message", "no"}}), node("end", "end")},
      {edge("begin", "s"), edge("s", "a", body_edge), edge("a", "b"), edge("s", "m", error_edge),
       edge("m", "i", each_edge), edge("m", "end", error_edge)})));
  const auto done = e.start_and_wait("f", json::object(), 10s);
  REQUIRE(done);
  REQUIRE(done->summary.status == run_status::completed);
  std::vector<std::string> failed;
  for (const auto& each : all_steps(e, done->summary.key.id, false, 100)) {
    CHECK(each.status != "abandoned");
    if (each.status == "failed") failed.push_back(each.node);
    if (each.node == "s") CHECK(each.error->type == "refused");
  }
  CHECK(failed == std::vector<std::string>{"s", "b", "m", "i"});
}

TEST_CASE("steps that have not ended say how they wait", "[engine][history]") {
  engine e{worker_settings_in()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(
      flow_named("f",
                 {node("begin", "start"), node("s", "signal", {{"name", "go"}}),
                  node("w", "task", {{"code_ref", "w.charge"}, {"with", {{"n", {{"var", "n"}}}}}}),
                  node("end", "end")},
                 {edge("begin", "s"), edge("s", "w"), edge("w", "end")})));
  const auto run = e.start("f", {{"n", 1}});
  REQUIRE(run);
  once(e, run->id, [](const run_view& r) { return !r.waiting_on.empty(); });
  CHECK(lines_of(all_steps(e, run->id, true, 1)) == std::vector<std::string>{"s 1.1 waiting - -"});
  REQUIRE(e.signal(run->id, "go", {{"go", true}}));
  once(e, run->id, [](const run_view& r) {
    return !r.waiting_on.empty() && r.waiting_on.front().kind == "worker";
  });
  const std::string claimed = R"(s 1.1 completed - {"go":true})";
  CHECK(lines_of(all_steps(e, run->id, false, 1)) ==
        std::vector<std::string>{claimed, "w 1.1 queued - -"});
  const auto task = take_one(e, "w7");
  const auto leased = all_steps(e, run->id, false, 100);
  CHECK(line_of(leased.at(1)) == R"(w 1.1 running {"n":1} -)");
  CHECK(leased.at(1).worker == "w7");
  CHECK(leased.at(1).queue == "default");
  REQUIRE(e.runs().cancel(run->id));
  CHECK(line_of(all_steps(e, run->id, false, 100).at(1)) == R"(w 1.1 abandoned {"n":1} -)");
}

TEST_CASE("the history says who has sent a command", "[engine][history]") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(single("f", "signal", {{"name", "go"}})));
  start_options by_eve;
  by_eve.by = "eve";
  const auto run = e.start("f", {{"n", 1}}, by_eve);
  REQUIRE(run);
  command_options by_ada;
  by_ada.by = "ada";
  by_ada.reason = "lunch";
  REQUIRE(e.runs().pause(run->id, by_ada));
  REQUIRE(e.runs().resume(run->id));
  signal_options by_bob;
  by_bob.by = "bob";
  REQUIRE(e.signal(run->id, "go", nullptr, by_bob));
  REQUIRE(e.wait(run->id, 10s));
  history_options how;
  how.values = true;
  const auto page = e.runs().history_page(run->id, how);
  REQUIRE(page);
  std::vector<std::string> senders;
  for (const auto& each : page->events)
    if (each.detail.contains("by")) senders.push_back(each.kind + " " + each.detail["by"].dump());
  CHECK(senders == std::vector<std::string>{R"(run_created "eve")", R"(run_pausing "ada")",
                                            R"(signal_received "bob")"});
  CHECK(page->events.front().detail["input"] == json{{"n", 1}});
  by_ada.by = std::string(257, 'x');
  const auto refused = e.runs().cancel(run->id, by_ada);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_argument);
}

TEST_CASE("a history is the same from both ends, in pages of any size", "[engine][history]") {
  adding_engine on{false};
  std::vector<json> nodes{node("begin", "start")}, edges;
  std::string last = "begin";
  for (const std::string id : {"n0", "n1", "n2", "n3", "n4", "n5"}) {
    nodes.push_back(adds(id));
    edges.push_back(edge(last, id));
    last = id;
  }
  nodes.push_back(node("end", "end"));
  edges.push_back(edge(last, "end"));
  REQUIRE(on.e.put_flow(flow_named("f", nodes, edges)));
  const auto done = on.e.start_and_wait("f", {{"n", 20}}, 10s);
  REQUIRE(done);
  const auto& id = done->summary.key.id;
  const auto positions = [&](history_options how) {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> all;
    do {
      const auto page = on.e.runs().history_page(id, how);
      REQUIRE(page);
      for (const auto& each : page->events) all.emplace_back(each.checkpoint, each.place);
      how.from = page->next;
    } while (how.from != 0);
    return all;
  };
  history_options whole;
  const auto forward = positions(whole);
  CHECK(forward.size() == on.e.runs().history(id)->size());
  CHECK(std::is_sorted(forward.begin(), forward.end()));
  for (const std::size_t limit : {1u, 3u, 1000u}) {
    history_options how;
    how.limit = limit;
    CHECK(positions(how) == forward);
    how.newest_first = true;
    auto back = positions(how);
    std::reverse(back.begin(), back.end());
    CHECK(back == forward);
    how.kinds = {"step_finished"};
    how.node = "n3";
    CHECK(positions(how).size() == 1);
  }
}

TEST_CASE("a loop keeps only its last checkpoints, and says which are gone", "[engine][history]") {
  const data_folder folder;
  settings s = folder.used();
  s.storage.snapshot_min_bytes = 1'000;
  engine e{s};
  REQUIRE(e.functions().add("h.count", [](step_context& step) -> result<json> {
    return json{{"n", step.args().at("n").get<int>() + 1}};
  }));
  REQUIRE(e.open());
  json flow = flow_named(
      "f",
      {node("begin", "start"),
       node("count", "task", {{"code_ref", "h.count"}, {"with", {{"n", {{"var", "n"}}}}}}),
       node("more", "condition", {{"expr", {{"<", {{{"var", "n"}}, 900}}}}}),
       node("s", "signal", {{"name", "go"}}), node("end", "end")},
      {edge("begin", "count"), edge("count", "more"), edge("more", "count", {{"when", true}}),
       edge("more", "s", {{"when", false}}), edge("s", "end")});
  flow["history"] = 20;
  REQUIRE(e.put_flow(flow));
  const auto run = e.start("f", {{"n", 0}});
  REQUIRE(run);
  const auto waits = [&] {
    const auto now = e.get(run->id);
    REQUIRE(now);
    return !now->waiting_on.empty() && now->waiting_on.front().kind == "signal";
  };
  for (int looks = 0; looks < 6'000 && !waits(); ++looks) std::this_thread::sleep_for(10ms);
  REQUIRE(waits());
  history_options how;
  how.limit = 1;
  std::uint64_t pruned = 0;
  for (int looks = 0; looks < 600 && pruned < 700; ++looks) {
    const auto page = e.runs().history_page(run->id, how);
    REQUIRE(page);
    pruned = page->pruned;
    std::this_thread::sleep_for(10ms);
  }
  CHECK(pruned >= 700);
  const auto page = e.runs().history_page(run->id, how);
  REQUIRE(page);
  REQUIRE_FALSE(page->events.empty());
  CHECK(page->events.front().checkpoint == page->pruned + 1);
  CHECK(e.runs().state_at(run->id, page->pruned + 1));
  const auto gone = e.runs().state_at(run->id, 17);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().code == errc::not_found);
  CHECK(gone.error().message.find("checkpoint 17 of run " + run->id.str()) == 0);
  CHECK(gone.error().message.find("was pruned; the oldest one is") != std::string::npos);
  REQUIRE(e.signal(run->id, "go"));
  const auto done = e.wait(run->id, 10s);
  REQUIRE(done);
  CHECK(done->data["n"] == 900);
  CHECK(e.get(run->id)->input == json{{"n", 0}});
}
