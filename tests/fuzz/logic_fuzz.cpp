// Fuzzes JSONLogic. The input is JSON: {"rule": …, "data": …}, or a rule without data. It is used
// as a rule and as a template. Checks that every evaluation ends within the limits, that a second
// one has the same result, and that diagnostics have valid places in the rule.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <pawl/assert.hpp>
#include <pawl/json.hpp>

#include "flow/logic/logic.hpp"
#include "flow/logic/value_template.hpp"

namespace {

namespace logic = pawl::flow::logic;
using pawl::json;

// Small, for many rounds per second.
constexpr logic::limits fuzz_limits{
    .max_depth = 64, .max_nodes = 20'000, .max_steps = 50'000, .max_bytes = 1u << 20};

std::string shown(const pawl::result<json>& outcome) {
  return outcome ? outcome->dump(-1, ' ', false, json::error_handler_t::replace)
                 : outcome.error().message;
}

void check_diagnostics(const json& rule, const std::vector<pawl::diagnostic>& diagnostics) {
  for (const pawl::diagnostic& f : diagnostics) {
    PAWL_ASSERT(!f.message.empty() && !f.code.empty(), "a fault says what is wrong");
    PAWL_ASSERT(rule.contains(json::json_pointer(f.pointer)), "a fault names a place in the rule");
  }
}

bool has_errors(const std::vector<pawl::diagnostic>& diagnostics) {
  for (const pawl::diagnostic& d : diagnostics)
    if (d.level == pawl::severity::error) return true;
  return false;
}

void check_template(const json& source, const json& data) {
  std::vector<pawl::diagnostic> diagnostics;
  const auto made = logic::compile_template(source, "", diagnostics, fuzz_limits);
  check_diagnostics(source, diagnostics);
  if (has_errors(diagnostics)) return;
  const logic::variables layers{data};
  const auto value = made.evaluate(layers, fuzz_limits);
  PAWL_ASSERT(shown(value) == shown(made.evaluate(layers, fuzz_limits)),
              "a template gives the same every time");
  PAWL_ASSERT(!value || made.literal() == nullptr || *made.literal() == *value,
              "a literal template is its value");
}

void check(const json& source, const json& data) {
  check_template(source, data);
  std::vector<pawl::diagnostic> diagnostics;
  const logic::rule rule = logic::compile(source, "", diagnostics, fuzz_limits);
  check_diagnostics(source, diagnostics);
  if (has_errors(diagnostics)) return;

  const logic::variables layers{data};
  const auto made = rule.evaluate(layers, fuzz_limits);
  PAWL_ASSERT(shown(made) == shown(rule.evaluate(layers, fuzz_limits)),
              "an evaluation gives the same every time");
  const auto holds = rule.test(layers, fuzz_limits);
  PAWL_ASSERT(!made || holds, "what evaluates can be tested");
  // null may stand for infinity, which is true.
  PAWL_ASSERT(!made || made->is_null() || *holds == logic::truthy(*made),
              "a rule's truth is the truth of its value");
  (void)rule.reads();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const json input = json::parse(bytes, bytes + size, nullptr, /*allow_exceptions=*/false);
  if (input.is_discarded()) return 0;
  if (input.is_object() && input.contains("rule")) {
    check(input["rule"], input.value("data", json()));
  } else {
    check(input, nullptr);
  }
  return 0;
}
