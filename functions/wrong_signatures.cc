// Must not compile: wrong_signatures.cmake expects the sentence after each "expect:".
#include <string>

#include <pawl/functions.hpp>

struct no_json {};

void add_wrong_functions(pawl::scope_functions& f) {
  // expect: its operator() must be const: a lambda must not be mutable
  (void)f.add("a", [n = 0]() mutable { return ++n; });
  // expect: not generic (auto), not overloaded
  (void)f.add("b", [](auto& step) { return step.args(); });
  // expect: a step function takes (const pawl::json& state, arguments, pawl::step_context& step) in this order
  (void)f.add("c", [](pawl::step_context&, const pawl::json&) {});
  // expect: a step function returns void, pawl::json, a type with a to_json
  (void)f.add("d", [] { return no_json{}; });
  // expect: arguments other than one struct need names
  (void)f.add("e", [](int, std::string) {});
  // expect: pawl::arguments must name every argument that the function takes
  (void)f.add("g", pawl::arguments("amount"), [](int, std::string) {});
}
