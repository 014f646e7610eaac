// Random runs of random flows under random commands. Each depends on its seed alone, which a
// failure prints.

#include <map>

#include "flow/machine/enclosing.hpp"
#include "flow/nodes/node.hpp"
#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"
#include "flow/testing/random_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

/// The outstanding effects of a run as text: the calls with all their fields, and an advance.
std::vector<std::string> outstanding(const std::vector<effect>& effects) {
  std::vector<std::string> shown;
  for (const auto& e : effects) {
    if (const auto* const call = std::get_if<invoke_effect>(&e)) {
      shown.push_back(json{call->token, call->visit, call->attempt, call->node, call->code_ref,
                           call->args, call->timeout.count(), call->state.whole()}
                          .dump());
    } else {
      shown.push_back(std::holds_alternative<advance_effect>(e) ? "advance" : "abandon");
    }
  }
  std::sort(shown.begin(), shown.end());
  return shown;
}

bool is_called_once(const driven_run& run, token_id id) {
  const auto& tokens = run.state().tokens;
  const auto of =
      std::find_if(tokens.begin(), tokens.end(), [id](const token& t) { return t.id == id; });
  return of != tokens.end() && run.flow().at(of->node).behaviour->is_called_once();
}

/// The same after a crash. Calls that are not repeated are shown by their tokens.
std::vector<std::string> outstanding(const recovery& due) {
  auto shown = outstanding(due.effects);
  for (const auto& c : due.commands) {
    if (const auto* const again = std::get_if<restart_step_command>(&c)) {
      shown.push_back(
          json{"again", again->token, again->node, again->visit, again->attempt}.dump());
      continue;
    }
    const auto* const doubt = std::get_if<in_doubt_command>(&c);
    shown.push_back("lost " + std::to_string(doubt != nullptr
                                                 ? doubt->token
                                                 : std::get<step_outcome_command>(c).token));
  }
  std::sort(shown.begin(), shown.end());
  return shown;
}

std::vector<std::string> outstanding(const driven_run& run) {
  recovery due;
  for (const auto& [id, call] : run.calls()) {
    const token* const t = run.state().find_token(id);
    const bool is_lost_call = t != nullptr && is_stopping(run.state(), *t);
    const bool lost = !call.compensates && (is_lost_call || is_called_once(run, id));
    if (lost) {
      due.commands.emplace_back(in_doubt_command{id, call.node, call.visit, call.attempt});
    } else if (!call.child) {
      due.commands.emplace_back(restart_step_command{id, call.node, call.visit, call.attempt});
    } else {
      due.effects.emplace_back(call);
    }
  }
  if (run.advance_due()) due.effects.emplace_back(advance_effect{});
  return outstanding(due);
}

/// Replaces a random value in a definition.
void spoil(json& at, random_source& random) {
  if (at.is_structured() && !at.empty() && !random.chance(4)) {
    auto part = at.begin();
    std::advance(part, static_cast<int>(random.below(at.size())));
    if (!random.chance(6)) return spoil(*part, random);
    if (at.is_array() && random.chance(2)) {
      json copy = *part;
      at.push_back(std::move(copy));
    } else {
      at.erase(part);
    }
    return;
  }
  const std::vector<json> junk{nullptr,
                               true,
                               0,
                               -1,
                               1e300,
                               "",
                               "n1",
                               "collect",
                               "50%",
                               json::array(),
                               json::object(),
                               {{"var", "a"}},
                               {{"wat", 1}},
                               {{"$ref", "#"}},
                               std::string(300, 'x')};
  at = random.pick(junk);
}

}  // namespace

TEST_CASE("random flows are valid, and equal to their canonical form", "[random]") {
  std::size_t forks = 0, loops = 0;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    random_source random{seed};
    const json source = flow_generator{random}.make();
    INFO("seed " << seed << "\n" << source.dump());
    const auto made = compile(source, test_version, {});
    REQUIRE(codes(made.diagnostics) == std::vector<std::string>{});
    const json canonical = to_json(made.source);
    std::vector<diagnostic> diagnostics;
    REQUIRE(to_json(parse_definition(canonical, diagnostics)) == canonical);
    REQUIRE(compile(canonical, test_version, {}).flow != nullptr);
    for (const auto& n : made.flow->nodes()) {
      forks += n.plain.size() > 1 ? 1 : 0;
      for (const auto& e : n.conditional) loops += made.flow->at(e.target).id <= n.id ? 1 : 0;
    }
  }
  CHECK(forks > 500);
  CHECK(loops > 500);
}

TEST_CASE("damaged flows are refused with diagnostics, or can be run", "[random]") {
  std::size_t refused = 0, run_through = 0;
  for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
    random_source random{seed};
    json source = flow_generator{random}.make();
    source["input_schema"] = {{"properties", {{"a", {{"type", "integer"}}}}},
                              {"additionalProperties", false}};
    for (std::size_t i = 1 + random.below(3); i > 0; --i) spoil(source, random);
    INFO("seed " << seed << "\n" << source.dump());
    const auto made = compile(source, test_version, {});
    if (made.flow == nullptr) {
      ++refused;
      REQUIRE_FALSE(codes(made.diagnostics).empty());
      for (const auto& f : made.diagnostics) REQUIRE_FALSE(f.message.empty());
      continue;
    }
    REQUIRE(codes(made.diagnostics).empty());
    driven_run run{made.flow};
    if (!run.begin()) continue;
    for (int step = 0; step < 40 && !run.calls().empty(); ++step) {
      REQUIRE(broken_invariant(run.state()) == "");
      const auto call = run.calls().begin()->second;
      REQUIRE(run.apply(run.outcome_of(call, call.args)));
    }
    REQUIRE(broken_invariant(run.state()) == "");
    ++run_through;
  }
  CHECK(refused > 1000);
  CHECK(run_through > 100);
}

TEST_CASE("random commands keep the invariants of a run", "[random]") {
  const bool makes_calls = GENERATE(false, true);
  CAPTURE(makes_calls);
  std::size_t made_in_transitions = 0;
  std::map<run_status, int> ends;
  std::map<event_kind, int> kinds;
  for (std::uint64_t seed = 1; seed <= (makes_calls ? 1000 : 4000); ++seed) {
    random_source crashes{seed ^ 0xdeadu};
    random_run::options options;
    options.makes_calls = makes_calls;
    random_run sim{seed, options};
    INFO("seed " << seed << "\n" << sim.source().dump());
    REQUIRE(sim.run().begin(sim.input(), sim.metadata(), seed % 2));
    for (int step = 0; step < 150; ++step) {
      auto& run = sim.run();
      REQUIRE(broken_invariant(run.state()) == "");
      const auto due = recover(run.flow(), run.state());
      REQUIRE(outstanding(due) == outstanding(run));
      if (!is_parked(run.state())) REQUIRE_FALSE(outstanding(run).empty());

      if (crashes.chance(25)) {
        run.restart_from(run_state{run.state()});
        REQUIRE(broken_invariant(run.state()) == "");
      }

      const auto before = run.state();
      auto next = sim.next_command();
      if (!next) break;
      INFO("step " << step << ": " << name_of(*next));
      const auto given = run.apply(*std::move(next));
      if (!given) {
        REQUIRE((given.error().code == errc::illegal_transition ||
                 given.error().code == errc::conflict ||
                 given.error().code == errc::limit_exceeded ||
                 given.error().code == errc::invalid_argument));
        REQUIRE(run.state() == before);
        continue;
      }
      if (run.last().changes_nothing()) {
        REQUIRE(run.state() == before);
        continue;
      }
      REQUIRE(run.state().sequence == before.sequence + 1);
      if (run.status() != before.status) REQUIRE(is_legal_move(before.status, run.status()));
      for (const auto& t : run.state().tokens)
        if (t.id >= before.next_token) REQUIRE(t.id < run.state().next_token);
      auto stored = before;
      apply(stored, run.last().change);
      REQUIRE(stored == run.state());
    }
    REQUIRE(sim.reaches_its_end(5'000));
    REQUIRE(broken_invariant(sim.run().state()) == "");
    ++ends[sim.run().status()];
    made_in_transitions += sim.made_in_transitions();
    for (const auto& e : sim.run().events()) ++kinds[e.kind];
  }
  INFO(made_in_transitions << " calls");
  CHECK((made_in_transitions > 100) == makes_calls);
  if (makes_calls) return;
  // The test is only useful if the generator makes runs of every kind.
  CHECK(ends[run_status::completed] > 800);
  CHECK(ends[run_status::failed] > 300);
  CHECK(ends[run_status::cancelled] > 30);
  for (int kind = 0; kind <= static_cast<int>(last_event_kind); ++kind) {
    if (to_string(static_cast<event_kind>(kind)) == "unknown") continue;  // a reserved number
    CAPTURE(to_string(static_cast<event_kind>(kind)));
    CHECK(kinds[static_cast<event_kind>(kind)] > 10);
  }
}

TEST_CASE("a random run depends on its seed alone", "[random]") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    random_run first{seed}, second{seed};
    INFO("seed " << seed);
    first.go_to_end();
    second.go_to_end();
    REQUIRE(first.run().state() == second.run().state());
    REQUIRE(first.run().events() == second.run().events());
  }
}
