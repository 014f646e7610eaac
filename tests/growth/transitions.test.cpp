#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/machine/machine.hpp"
#include "flow/testing/flows.hpp"
#include "persistence/run_recorder.hpp"
#include "tests/growth/measure.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;
using pawl::growth::check_flat;

namespace {

limits wide_limits() {
  limits allowed;
  allowed.max_bytes = 64u << 20;
  allowed.max_nodes = allowed.max_edges = allowed.max_visits = 200'000;
  allowed.max_tokens = allowed.max_signals = allowed.max_map_items = 200'000;
  allowed.max_state_bytes = 256u << 20;
  return allowed;
}

/// A run whose transitions are recorded as the actor of a run records them.
class recorded_run {
 public:
  explicit recorded_run(const json& source)
      : flow_(compiled(source, wide_limits())), recorder_(key()) {
    state_.key = key();
  }

  static run_key key() { return {default_scope(), run_id{"r"}}; }

  void start(json input = json::object()) {
    start_command what;
    what.key = key();
    what.flow = flow_->id();
    what.input = std::move(input);
    give(std::move(what));
  }

  /// Applies a command, and advances the run while it asks for it.
  void give(command c) {
    now_ += std::chrono::milliseconds{1};
    apply_context context{now_};
    context.queue_of = [](const invoke_effect& call) { return call.queue; };
    auto made = apply(*flow_, state_, std::move(c), context);
    REQUIRE(made);
    if (made->changes_nothing()) return;
    static_cast<void>(recorder_.record(state_, *flow_, made->change, 16 << 10));
    bool advances = false;
    for (auto& e : made->effects) {
      if (auto* const call = std::get_if<invoke_effect>(&e)) {
        call->state = {};
        calls.push_back(std::move(*call));
      }
      advances = advances || std::holds_alternative<advance_effect>(e);
    }
    if (advances) give(advance_command{});
  }

  /// Ends the oldest call that is under way.
  void finish_call(json value) {
    const invoke_effect call = std::move(calls.front());
    calls.pop_front();
    step_outcome_command outcome{call.token,       call.node, call.visit, call.attempt,
                                 std::move(value), now_,      now_};
    outcome.lease = call.lease;
    give(std::move(outcome));
  }

  [[nodiscard]] const run_state& state() const noexcept { return state_; }
  /// Sets the clock to the time of the next timer.
  void wait_for_timer() {
    const auto next = next_timers(state_).duration;
    REQUIRE(next);
    now_ = std::max(now_, *next - std::chrono::milliseconds{1});
  }

  std::deque<invoke_effect> calls;

 private:
  std::shared_ptr<const compiled_flow> flow_;
  run_state state_;
  persistence::run_recorder recorder_;
  time_point now_ = from_unix_us(1'700'000'000'000'000);
};

/// A flow that does something for each of many items at once.
json for_each_item(json what, json more = json::object()) {
  const std::string inner = what.at("id");
  json map{{"items", var("items")}, {"max_concurrency", 100'000}};
  map.update(more);
  return flow_of({start(), node_of("m", "map", std::move(map)), std::move(what), end()},
                 {edge("start", "m"), edge_on("each", "m", inner), edge("m", "end")});
}

json items(std::size_t count) {
  json made = json::array();
  for (std::size_t i = 0; i < count; ++i) made.push_back(i);
  return {{"items", std::move(made)}};
}

template <class Work>
double timed(Work work) {
  return growth::timed(growth::thread_seconds, work);
}

}  // namespace

TEST_CASE("a branch costs the same among 1,000 and 10,000", "[growth]") {
  check_flat([](std::size_t n) {
    std::vector<json> nodes{start(), node_of("j", "join"), end()};
    std::vector<json> edges{edge("j", "end")};
    for (std::size_t i = 0; i < n; ++i) {
      const std::string id = "t" + std::to_string(i);
      nodes.push_back(task(id, {{"into", id}}));
      edges.push_back(edge("start", id));
      edges.push_back(edge(id, "j"));
    }
    recorded_run run{flow_of(std::move(nodes), std::move(edges))};
    return timed([&] {
      run.start();
      for (std::size_t i = 0; i < n; ++i) run.finish_call(i);
      CHECK(run.state().status == run_status::completed);
    });
  });
}

TEST_CASE("a branch of nested forks costs the same among 1,000 and 10,000", "[growth]") {
  check_flat([](std::size_t n) {
    // A binary tree: forks and joins 1 to n - 1, tasks n to 2n - 1; below i are 2i and 2i + 1.
    const auto enters = [n](std::size_t i) { return (i < n ? "f" : "t") + std::to_string(i); };
    const auto leaves = [n](std::size_t i) { return (i < n ? "j" : "t") + std::to_string(i); };
    std::vector<json> nodes{start(), end()};
    std::vector<json> edges{edge("start", "f1"), edge("j1", "end")};
    for (std::size_t i = 1; i < n; ++i) {
      nodes.push_back(node_of(enters(i), "parallel"));
      nodes.push_back(node_of(leaves(i), "join"));
      for (const std::size_t below : {2 * i, 2 * i + 1}) {
        edges.push_back(edge(enters(i), enters(below)));
        edges.push_back(edge(leaves(below), leaves(i)));
      }
    }
    for (std::size_t i = n; i < 2 * n; ++i) nodes.push_back(task(enters(i), {{"into", enters(i)}}));
    recorded_run run{flow_of(std::move(nodes), std::move(edges))};
    return timed([&] {
      run.start();
      for (std::size_t i = 0; i < n; ++i) run.finish_call(i);
      CHECK(run.state().status == run_status::completed);
    });
  });
}

TEST_CASE("an item of a map costs the same among 1,000 and 10,000", "[growth]") {
  const json concurrency = GENERATE(json(10), json(100'000));
  check_flat([&](std::size_t n) {
    recorded_run run{for_each_item(task("t"), {{"max_concurrency", concurrency}})};
    return timed([&] {
      run.start(items(n));
      for (std::size_t i = 0; i < n; ++i) run.finish_call({{"done", i}});
      CHECK(run.state().status == run_status::completed);
    });
  });
}

TEST_CASE("a signal costs the same in an inbox of 1,000 and 10,000", "[growth]") {
  check_flat([](std::size_t n) {
    recorded_run run{chain({start(), node_of("w", "signal", {{"name", "go"}}), end()})};
    run.start();
    return timed([&] {
      for (std::size_t i = 0; i < n; ++i)
        run.give(signal_command{"later", {{"n", i}}, "id" + std::to_string(i)});
      CHECK(run.state().inbox.size() == n);
    });
  });
}

TEST_CASE("a signal for one of many waiting branches costs the same", "[growth]") {
  check_flat([](std::size_t n) {
    recorded_run run{for_each_item(node_of("w", "signal", {{"name", "go"}}))};
    return timed([&] {
      run.start(items(n));
      for (std::size_t i = 0; i < n; ++i)
        run.give(signal_command{"go", {{"n", i}}, "id" + std::to_string(i)});
      CHECK(run.state().status == run_status::completed);
    });
  });
}

TEST_CASE("a task of a worker costs the same among 1,000 and 10,000", "[growth]") {
  check_flat([](std::size_t n) {
    recorded_run run{for_each_item(task("t", {{"queue", "gpu"}}))};
    return timed([&] {
      run.start(items(n));
      std::vector<open_task> open = open_tasks(run.state());
      REQUIRE(open.size() == n);
      std::uint64_t lease = 0;
      for (const auto& each : open) {
        run.give(lease_command{each.token,
                               each.task.code_ref,
                               each.visit,
                               each.attempt,
                               {++lease, "worker", std::chrono::seconds{30}, {}}});
        run.finish_call({{"done", 1}});
      }
      CHECK(run.state().status == run_status::completed);
    });
  });
}

TEST_CASE("a child run costs its parent the same among 1,000 and 10,000", "[growth]") {
  check_flat([](std::size_t n) {
    recorded_run run{for_each_item(
        node_of("s", "subflow", {{"flow", "other"}, {"input", {{"n", var("item")}}}}))};
    return timed([&] {
      run.start(items(n));
      REQUIRE(run.calls.size() == n);
      for (const auto& call : run.calls)
        run.give(child_started_command{call.token, call.child->id});
      for (std::size_t i = 0; i < n; ++i) {
        CHECK(run.state().tokens.find_waiting_for(run.calls.front().child->id) != nullptr);
        run.finish_call({{"done", i}});
      }
      CHECK(run.state().status == run_status::completed);
    });
  });
}

TEST_CASE("a timer costs the same among 1,000 and 10,000", "[growth]") {
  check_flat([](std::size_t n) {
    recorded_run run{for_each_item(
        node_of("w", "wait", {{"duration", {{"+", json::array({600'000, var("item")})}}}}))};
    return timed([&] {
      run.start(items(n));
      while (run.state().status == run_status::running) {
        run.wait_for_timer();
        run.give(timer_command{});
      }
      CHECK(run.state().status == run_status::completed);
    });
  });
}

TEST_CASE("an answer costs the same among 1,000 and 10,000 questions", "[growth]") {
  check_flat([](std::size_t n) {
    recorded_run run{for_each_item(node_of("q", "interrupt", {{"question", "?"}}))};
    return timed([&] {
      run.start(items(n));
      REQUIRE(run.state().tokens.asking().size() == n);
      const std::vector<token_id> asking = run.state().tokens.asking();
      for (const auto id : asking) {
        resume_command answer;
        answer.question = question_id("q", *run.state().find_token(id));
        answer.answer = 1;
        run.give(std::move(answer));
      }
      CHECK(run.state().status == run_status::completed);
    });
  });
}

TEST_CASE("a compensated step costs the same among 1,000 and 10,000", "[growth]") {
  check_flat([](std::size_t n) {
    const json compensate{{"code_ref", "test.undo"}, {"with", {{"n", var("n")}}}};
    json flow =
        chain({start(), task("t", {{"max_visits", 200'000}, {"compensate", compensate}}),
               condition("again", {{">", json::array({var("n"), 0})}}, {{"max_visits", 200'000}}),
               end()});
    flow["edges"].back()["data"]["when"] = false;
    flow["edges"].push_back(edge("again", "t", true));
    recorded_run run{flow};
    return timed([&] {
      run.start();
      for (std::size_t i = n; i-- > 0;) run.finish_call({{"n", i}});
      CHECK(run.state().status == run_status::completed);
      CHECK(run.state().compensations.size() == n);
    });
  });
}
