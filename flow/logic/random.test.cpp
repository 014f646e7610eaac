// Random rules on random data. Each case depends only on its seed, which is printed on failure.

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "flow/logic/logic.hpp"
#include "flow/logic/operators/operators.hpp"
#include "tests/support/catch.hpp"

namespace pawl::flow::logic {
namespace {

constexpr std::array<const char*, 32> texts = {"2026-03-28T10:15:30Z",
                                               "P1M",
                                               "Europe/Berlin",
                                               "%Y-%m-%d",
                                               "aGk=",
                                               "{\"a\": [1]}",
                                               "",
                                               "a",
                                               "b",
                                               "abc",
                                               "1",
                                               " 2 ",
                                               "-3.5",
                                               "1e3",
                                               "1e999",
                                               "0x1F",
                                               "null",
                                               "true",
                                               "é",
                                               "日本",
                                               "🙂x",
                                               "1,2",
                                               "NaN",
                                               "list",
                                               "n",
                                               "length",
                                               "a.b",
                                               "list.0",
                                               "01",
                                               "a.b.c",
                                               ".",
                                               "Infinity"};
constexpr std::array<const char*, 16> paths = {
    "",  "a",       "a.b",         "list", "list.0", "list.length",         "s",  "s.0",
    "n", "current", "accumulator", "x",    "0",      "accumulator.current", "..", "a.c.d"};

constexpr std::array<const char*, 4> words = {"list", "s", "n", "a"};
constexpr std::array<const char*, 4> patterns = {"^a", "[0-9]+$", "(a|b)*c", "."};
constexpr std::array<const char*, 5> operations = {"+", "-", "*", "round", "compare"};

/// Generates rules and data, valid and invalid.
class generator {
 public:
  explicit generator(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }

  json scalar() {
    switch (below(9)) {
      case 0:
        return nullptr;
      case 1:
        return chance(2);
      case 2:
        return static_cast<std::int64_t>(random_());
      case 3:
        return random_();
      case 4:
        return std::ldexp(static_cast<double>(below(1000)) - 500, static_cast<int>(below(80)) - 40);
      case 5:
        return chance(2) ? 1e308 : -1e-308;
      case 6:
        return static_cast<int>(below(7)) - 3;
      default:
        return texts[below(texts.size())];
    }
  }

  json data(int depth) {
    if (depth == 0 || chance(3)) return scalar();
    json made = chance(2) ? json::array() : json::object();
    for (std::size_t i = below(5); i > 0; --i) {
      if (made.is_array()) {
        made.push_back(data(depth - 1));
      } else {
        made[paths[below(paths.size())]] = data(depth - 1);
      }
    }
    return made;
  }

  json object() {
    json made{{"list", json::array()}};
    for (std::size_t i = below(6); i > 0; --i) made["list"].push_back(data(2));
    for (const char* key : {"a", "s", "n", "x"}) {
      if (!chance(4)) made[key] = data(3);
    }
    return made;
  }

  json rule(int depth) {
    if (depth == 0 || chance(6)) return chance(3) ? data(2) : variable(depth);
    if (chance(10)) return arguments(depth, 4);
    const auto table = operator_table();
    const operator_entry& called = table[below(table.size())];
    const std::string name{called.name};
    if (name == "var") return variable(depth);
    if (called.arguments == shape::members) return {{name, {{"a", rule(depth - 1)}, {"b", 1}}}};
    if (chance(8)) return {{name, rule(depth - 1)}};
    json made = arguments(depth, std::min<std::size_t>(called.max_args, 4));
    while (made.size() < called.min_args) made.push_back(rule(depth - 1));
    if (!made.empty() && chance(2)) made[0] = {{"var", words[below(words.size())]}};
    if (called.arguments == shape::pattern) made[1] = patterns[below(patterns.size())];
    if (name == "decimal" && chance(2)) made[0] = operations[below(operations.size())];
    return {{name, std::move(made)}};
  }

 private:
  json variable(int depth) {
    if (depth > 0 && chance(6)) return {{"var", arguments(depth, 3)}};
    return {{"var", paths[below(paths.size())]}};
  }

  json arguments(int depth, std::size_t most) {
    json made = json::array();
    for (std::size_t i = below(most + 1); i > 0; --i) made.push_back(rule(depth - 1));
    return made;
  }

  std::mt19937_64 random_;
};

// Formats an outcome for comparison.
std::string shown(const result<json>& outcome) {
  return outcome ? outcome->dump(-1, ' ', false, json::error_handler_t::replace)
                 : std::string(to_string(outcome.error().code)) + ": " + outcome.error().message;
}

// Replaces what does not compile: in a rule, an object with one key calls an operator.
json without_invalid_calls(const json& rule) {
  if (!rule.is_structured()) return rule;
  json made = rule;
  for (json& child : made) child = without_invalid_calls(child);
  return made.is_object() && made.size() == 1 && !compile(made) ? json::object() : made;
}

TEST_CASE("random rules end within their budget, always with the same result", "[logic]") {
  limits allowed;
  allowed.max_steps = 3000;
  allowed.max_bytes = 100'000;
  int values = 0;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    generator make{seed};
    const json source = without_invalid_calls(make.rule(6));
    const json data = make.object();
    INFO("seed " << seed << "\n  rule " << source.dump() << "\n  data " << data.dump());
    auto rule = compile(source);
    REQUIRE(rule);
    const auto first = rule->evaluate(variables{data}, allowed);
    if (first) {
      ++values;
    } else {
      const errc code = first.error().code;
      REQUIRE((code == errc::limit_exceeded || code == errc::invalid_rule));
    }
    REQUIRE(shown(rule->evaluate(variables{data}, allowed)) == shown(first));
    REQUIRE(shown(compile(rule->source()).value().evaluate(variables{data}, allowed)) ==
            shown(first));
  }
  CHECK(values > 1000);
}

TEST_CASE("test() agrees with the truth value of evaluate()", "[logic]") {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    generator make{seed};
    const json source = without_invalid_calls(make.rule(4));
    const json data = make.object();
    INFO("seed " << seed << "\n  rule " << source.dump() << "\n  data " << data.dump());
    const auto tested = compile(source).value().test(variables{data});
    const auto truth = compile({{"!!", json::array({source})}}).value().evaluate(variables{data});
    REQUIRE(tested.has_value() == truth.has_value());
    if (tested) REQUIRE(json(*tested) == *truth);
  }
}

TEST_CASE("layers behave like one merged object", "[logic]") {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    generator make{seed};
    const json source = without_invalid_calls(make.rule(4));
    const json whole = make.object();
    std::vector<json> parts(1 + make.below(4), json::object());
    for (const auto& [key, value] : whole.items()) {
      const std::size_t owner = make.below(parts.size());
      parts[owner][key] = value;
      for (std::size_t i = owner + 1; i < parts.size(); ++i) parts[i][key] = "shadowed";
    }
    variables layers;
    for (const json& part : parts) layers.add(part);
    INFO("seed " << seed << "\n  rule " << source.dump() << "\n  data " << whole.dump());
    const rule rule = compile(source).value();
    REQUIRE(shown(rule.evaluate(layers)) == shown(rule.evaluate(variables{whole})));
  }
}

TEST_CASE("for any JSON, diagnostics point to a place in it", "[logic]") {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    generator make{seed};
    const json source = make.chance(2) ? make.data(6) : make.rule(6);
    INFO("seed " << seed << "\n  rule " << source.dump());
    std::vector<diagnostic> diagnostics;
    const rule rule = compile(source, "", diagnostics);
    for (const diagnostic& f : diagnostics) {
      REQUIRE(source.contains(json::json_pointer(f.pointer)));
      REQUIRE(!f.message.empty());
    }
    const bool is_refused = std::any_of(diagnostics.begin(), diagnostics.end(),
                                        [](const auto& f) { return f.level == severity::error; });
    REQUIRE((!is_refused || rule.source().is_null()));
  }
}

}  // namespace
}  // namespace pawl::flow::logic
