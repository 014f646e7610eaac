// Random programs with a known result, under random schedules: the order in which branches proceed,
// failures and retries, pauses, answers, signals and crashes. Each depends on its seed alone, which
// a failure prints.

#include "flow/nodes/node.hpp"
#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "flow/testing/random_program.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

/// Drives the run of a program, and disturbs it in ways that must not change its result.
class program_driver {
 public:
  program_driver(driven_run& run, random_source& random) : run_(run), random_(random) {}

  void step() {
    if (random_.chance(12)) disturb();
    if (run_.status() == run_status::failed) return must(retry_command{});
    const auto& tokens = run_.state().tokens;
    if (run_.state().frozen_at && random_.chance(2)) return must(resume_command{});
    const std::size_t due = run_.calls().size() + (run_.advance_due() ? 1 : 0);
    const std::size_t chosen = random_.below(due + tokens.size() + 1);
    if (chosen < run_.calls().size()) return finish(std::next(run_.calls().begin(), int(chosen)));
    if (chosen < due) return must(advance_command{});
    if (chosen - due < tokens.size()) return help(tokens[chosen - due]);
    if (next_timer(run_.state())) must_fire_timer();
  }

 private:
  void must(command c) {
    const auto given = run_.apply(std::move(c));
    INFO((given ? "" : given.error().message));
    REQUIRE(given);
  }
  void must_fire_timer() { REQUIRE(run_.fire_timer()); }

  void finish(std::map<token_id, invoke_effect>::const_iterator call) {
    const bool fails = failures_left_ > 0 && random_.chance(6);
    if (fails) --failures_left_;
    must(run_.outcome_of(call->second,
                         fails ? result<json>(fail("busy", "try again")) : call->second.args));
  }

  void help(const token& t) {
    const auto& place = run_.flow().at(t.node);
    if (t.question && !run_.state().frozen_at) {
      const json answer = t.in_doubt ? json{{"again", true}} : json(place.id);
      return must(
          resume_command{std::nullopt, "", json::object(), question_id(place.id, t), answer});
    }
    if (t.phase == token_phase::sleeping && !place.behaviour->awaited_signals().empty())
      must(signal_command{place.id, place.id, ""});
  }

  void disturb() {
    switch (random_.below(4)) {
      case 0:
        run_.restart_from(run_state{run_.state()});
        break;
      case 1:
        static_cast<void>(run_.apply(pause_command{}));
        break;
      case 2:
        if (!is_finished(run_.status()) && random_.chance(4)) must(quarantine_command{"by chance"});
        break;
      default:
        run_.advance_clock(std::chrono::seconds{random_.between(0, 3)});
    }
  }

  driven_run& run_;
  random_source& random_;
  int failures_left_ = 20;
};

}  // namespace

TEST_CASE("random programs have their known result under every schedule", "[random]") {
  std::size_t joined = 0, mapped = 0, sections = 0, restarted = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    random_source random{seed};
    program_generator program{random};
    const json source = program.make();
    INFO("seed " << seed << "\n" << source.dump());
    REQUIRE(errors_of(source) == std::vector<std::string>{});
    for (int way = 0; way < 3; ++way) {
      driven_run run{source};
      REQUIRE(run.begin());
      program_driver driver{run, random};
      for (int step = 0; step < 20'000 && run.status() != run_status::completed; ++step) {
        driver.step();
        REQUIRE(broken_invariant(run.state()) == "");
      }
      REQUIRE(run.status() == run_status::completed);
      REQUIRE(run.data() == program.expected);
      joined += run.story("branches_joined").size();
      mapped += run.story("item_finished").size();
      sections += run.story("step_finished sec").size();
      restarted += run.story("run_retried").size();
    }
  }
  CHECK(joined > 500);
  CHECK(mapped > 500);
  CHECK(sections > 500);
  CHECK(restarted > 100);
}
