#include "flow/machine/forking.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "flow/nodes/node.hpp"
#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "flow/testing/random_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

start_command fork_command(const driven_run& of, json input, json data = json::object()) {
  start_command start;
  start.key = {default_scope(), run_id{"forked"}};
  start.flow = of.flow().id();
  start.input = std::move(input);
  start.metadata = {{"forked_from", {{"run", "r1"}, {"checkpoint", of.state().sequence}}}};
  start.restarted_from = run_id{"r1"};
  start.forked = std::make_shared<const run_state>(of.state());
  start.forked_data = std::move(data);
  return start;
}

/// A run of the same flow that begins where `of` is.
driven_run forked(const driven_run& of, const std::shared_ptr<const compiled_flow>& flow,
                  json data = json::object()) {
  driven_run fork{flow};
  REQUIRE(fork.apply(fork_command(of, json::object(), std::move(data))));
  fork.settle();
  return fork;
}

}  // namespace

TEST_CASE("a fork continues from a state, with changed data", "[fork]") {
  const auto flow = compiled(chain({start(), task("a"), task("b"), end()}));
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", json{{"x", 1}}));
  auto fork = forked(run, flow, {{"y", 2}});
  CHECK(fork.waiting_at() == std::vector<std::string>{"b"});
  CHECK(fork.data() == json{{"x", 1}, {"y", 2}});
  CHECK(fork.state().metadata["forked_from"]["run"] == "r1");
  CHECK(fork.state().key.id == run_id{"forked"});
  REQUIRE(fork.finish("b"));
  CHECK(fork.status() == run_status::completed);
  CHECK(run.status() == run_status::running);  // the old run is not changed
}

TEST_CASE("a fork of a failed run starts the failed step again", "[fork]") {
  const auto flow = compiled(chain({start(), task("a"), end()}));
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a", error{errc::function_failed, "no", "declined"}));
  auto fork = forked(run, flow);
  CHECK(fork.status() == run_status::running);
  CHECK_FALSE(fork.state().error);
  CHECK(fork.waiting_at() == std::vector<std::string>{"a"});
}

TEST_CASE("a fork starts tasks and subflows of its own", "[fork]") {
  const auto flow = compiled(flow_of({node_of("p", "parallel"), task("w", {{"queue", "gpu"}}),
                                      node_of("sub", "subflow", {{"flow", "other"}})},
                                     {edge("p", "w"), edge("p", "sub")}));
  driven_run run{flow};
  REQUIRE(run.begin());
  const auto work = *run.call_of("w");
  const auto child = *run.call_of("sub");
  REQUIRE(run.apply(
      enqueue_task_command{work.token, "w", work.visit, work.attempt, "gpu", work.code_ref}));
  REQUIRE(run.apply(lease_command{work.token,
                                  work.code_ref,
                                  work.visit,
                                  work.attempt,
                                  {5, "w1", std::chrono::seconds{30}, {}}}));
  REQUIRE(run.apply(child_started_command{child.token, child.child->id}));
  auto fork = forked(run, flow);
  REQUIRE(fork.call_of("w") != nullptr);
  REQUIRE(fork.call_of("sub") != nullptr);
  CHECK(fork.call_of("sub")->child->id != child.child->id);
  for (const auto& t : fork.state().tokens) {
    CHECK_FALSE(t.task);
    CHECK((!t.child || !t.child->started));
  }
}

TEST_CASE("the waits of a fork have as much time left as they had", "[fork]") {
  const auto flow = compiled(chain({start(), node_of("w", "wait", {{"duration", "1h"}}), end()}));
  driven_run run{flow};
  REQUIRE(run.begin());
  run.settle();
  driven_run fork{flow};
  fork.advance_clock(std::chrono::hours{48});
  REQUIRE(fork.apply(fork_command(run, json::object())));
  const auto left = *next_timer(fork.state()) - fork.now();
  CHECK(left > std::chrono::minutes{59});
  CHECK(left <= std::chrono::hours{1});
}

TEST_CASE("a fork does not compensate what the other run has done", "[fork]") {
  const auto flow = compiled(
      chain({start(), task("a", {{"compensate", {{"code_ref", "test.undo"}}}}), task("b"), end()}));
  driven_run run{flow};
  REQUIRE(run.begin());
  REQUIRE(run.finish("a"));
  auto fork = forked(run, flow);
  CHECK(fork.state().compensations.empty());
  REQUIRE(fork.apply(cancel_command{}));
  CHECK(fork.status() == run_status::cancelled);
}

TEST_CASE("a run is not forked where its effects are unknown or nothing is left", "[fork]") {
  const auto refusal = [](const driven_run& run) { return fork_refusal(run.flow(), run.state()); };
  driven_run done{compiled(chain({start(), end()}))};
  REQUIRE(done.begin());
  done.settle();
  CHECK(refusal(done) == "it is completed: nothing is left to do");
  driven_run once{compiled(chain({start(), task("pay", {{"effect", "once"}}), end()}))};
  REQUIRE(once.begin());
  CHECK(mentions(refusal(once), "step \"pay\" runs at most once"));
  driven_run undoes{compiled(
      chain({start(), task("a", {{"compensate", {{"code_ref", "t.undo"}}}}), task("b"), end()}))};
  REQUIRE(undoes.begin());
  REQUIRE(undoes.finish("a"));
  CHECK(refusal(undoes).empty());
  REQUIRE(undoes.apply(cancel_command{}));
  CHECK(refusal(undoes) == "it compensates its steps");
  driven_run fork{compiled(chain({start(), end()}))};
  const auto refused = fork.apply(fork_command(done, json::object()));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::illegal_transition);
  CHECK(mentions(refused.error().message, "Choose another checkpoint"));
}

TEST_CASE("forks of random runs are whole, durable, and go on", "[fork][random]") {
  std::size_t made = 0, refused = 0, with_maps = 0, with_branches = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    random_run sim{seed};
    INFO("seed " << seed << "\n" << sim.source().dump());
    if (!sim.run().begin(sim.input(), sim.metadata(), seed % 2)) continue;
    const auto flow = compiled(sim.source(), random_run::small_limits());
    for (int step = 0; step < 40; ++step) {
      auto next = sim.next_command();
      if (!next) break;
      static_cast<void>(sim.run().apply(*std::move(next)));
      const run_state& from = sim.run().state();
      driven_run fork{flow};
      const auto given = fork.apply(fork_command(sim.run(), sim.input()));
      INFO("step " << step << ": " << (given ? "" : given.error().message));
      REQUIRE(given.has_value() == fork_refusal(*flow, from).empty());
      if (!given) {
        ++refused;
        continue;
      }
      ++made;
      with_maps += from.maps.empty() ? 0 : 1;
      with_branches += from.tokens.size() > 1 ? 1 : 0;
      REQUIRE(broken_invariant(fork.state()) == "");
      run_state stored = initial_state(*fork.last().change.input);
      apply(stored, fork.last().change);
      REQUIRE(stored == fork.state());
      // After a restart, a call that is made at most once is in doubt.
      const bool calls_once =
          std::any_of(fork.calls().begin(), fork.calls().end(), [&](const auto& call) {
            const token* const t = fork.state().find_token(call.first);
            return flow->at(t->node).behaviour->is_called_once();
          });
      if (!calls_once) REQUIRE(survives_restart(fork));
      for (int more = 0; more < 30 && fork.status() == run_status::running; ++more) {
        if (fork.advance_due()) {
          REQUIRE(fork.apply(advance_command{}));
        } else if (!fork.calls().empty()) {
          const auto call = fork.calls().begin()->second;
          REQUIRE(fork.apply(fork.outcome_of(call, json::object())));
        } else {
          break;
        }
        REQUIRE(broken_invariant(fork.state()) == "");
      }
    }
  }
  // The test is only useful if it forks states of all kinds.
  CHECK(made > 1'000);
  CHECK(refused > 100);
  CHECK(with_maps > 50);
  CHECK(with_branches > 200);
}
