// Fuzzes flow definitions. The input is JSON: a flow, or {"flow": …, "input": …}. Checks that each
// diagnostic has a valid JSON pointer, that the canonical form of a valid flow is valid and
// canonical, and that a run of the flow keeps its invariants.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/assert.hpp>
#include <pawl/json.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/testing/driven_run.hpp"
#include "flow/testing/invariants.hpp"

namespace {

namespace flow = pawl::flow;
using pawl::json;

// Small, to reach the limits and for many rounds per second.
constexpr flow::limits fuzz_limits{.max_bytes = 16u << 10,
                                   .max_depth = 32,
                                   .max_nodes = 40,
                                   .max_edges = 120,
                                   .max_visits = 6,
                                   .max_tokens = 8,
                                   .max_state_bytes = 4000,
                                   .max_map_items = 20};
constexpr int max_commands = 60;

void check_diagnostics(const flow::compilation& made) {
  bool has_error = false;
  for (const pawl::diagnostic& f : made.diagnostics) {
    PAWL_ASSERT(!f.message.empty() && !f.code.empty(), "a fault says what is wrong");
    static_cast<void>(json::json_pointer(f.pointer));  // throws if it is invalid
    has_error = has_error || f.level == pawl::severity::error;
  }
  PAWL_ASSERT(has_error == (made.flow == nullptr),
              "a flow is there exactly if no fault is an error");
}

/// The outcome of a call: one of several results, sometimes a failure.
pawl::result<json> outcome_of(int number) {
  switch (number % 5) {
    case 0:
      return json{{"n", number}, {"a", json::array({1, "b"})}};
    case 1:
      return json(true);
    case 2:
      return pawl::fail("card_declined", "the card was declined");
    default:
      return json::object();
  }
}

/// Provides what the run waits for. False if it waits for nothing that this program can provide.
bool help(flow::testing::driven_run& run, int number) {
  const std::string node = run.calls().empty() ? "" : run.calls().begin()->second.node;
  if (run.advance_due()) {
    run.settle();
  } else if (!node.empty()) {
    static_cast<void>(run.finish(node, outcome_of(number)));
  } else if (flow::next_timers(run.state()).any() && !pawl::is_finished(run.status())) {
    static_cast<void>(run.fire_timer());
  } else {
    return false;
  }
  return true;
}

void run_to_its_end(const std::shared_ptr<const flow::compiled_flow>& made, const json& input) {
  flow::testing::driven_run run{made};
  if (!run.begin(input)) return;
  for (int number = 0; number < max_commands && help(run, number); ++number) {
    const std::string broken = flow::testing::broken_invariant(run.state());
    PAWL_ASSERT(broken.empty(), broken.c_str());
  }
  PAWL_ASSERT(flow::testing::survives_restart(run), "a restart leaves a run as it was");
}

void check(const json& source, const json& input) {
  const pawl::version version{1, 0, 0};
  const auto made = flow::compile(source, version, fuzz_limits);
  check_diagnostics(made);
  if (!made.flow) return;
  const json canonical = flow::to_json(made.source);
  const auto again = flow::compile(canonical, version, fuzz_limits);
  // Old spellings may be shorter than canonical ones.
  const auto grew = canonical.dump().size() > fuzz_limits.max_bytes;
  PAWL_ASSERT(again.flow || grew, "the canonical form of a valid flow is valid");
  PAWL_ASSERT(!again.flow || flow::to_json(again.source) == canonical,
              "the canonical form is canonical");
  run_to_its_end(made.flow, input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  // Deeper than the limit for flows, so that the limit is tested and not only the parser.
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const auto parsed = flow::parse_json(text, "the input", size, 2 * fuzz_limits.max_depth);
  if (!parsed) {
    PAWL_ASSERT(!parsed.error().message.empty(), "what is no JSON is refused with a reason");
    return 0;
  }
  if (parsed->is_object() && parsed->contains("flow")) {
    const json input = parsed->value("input", json());
    check((*parsed)["flow"], input.is_object() ? input : json::object());
  } else {
    check(*parsed, json::object());
  }
  return 0;
}
