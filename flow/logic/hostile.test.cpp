// Every operator with hostile arguments: each evaluation ends within its budget, with a value or an
// error that has a type, and has the same outcome again.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "flow/logic/logic.hpp"
#include "flow/logic/operators/operators.hpp"
#include "tests/support/catch.hpp"

namespace pawl::flow::logic {
namespace {

json nested(int levels, bool in_arrays) {
  json made = 7;
  for (int i = 0; i < levels; ++i) {
    json outer = in_arrays ? json::array() : json::object();
    if (in_arrays) {
      outer.push_back(std::move(made));
    } else {
      outer["a"] = std::move(made);
    }
    made = std::move(outer);
  }
  return made;
}

/// Data with one hostile value under each key.
json hostile_data() {
  json made{{"null", nullptr},
            {"huge", 18446744073709551615u},
            {"least", std::numeric_limits<std::int64_t>::min()},
            {"tiny", 5e-324},
            {"large", 1.7e308},
            {"text", std::string(300'000, 'a')},
            {"digits", std::string(19'000, '9')},
            {"exponent", "1e19999"},
            {"format", std::string(10'000, '%')},
            {"pattern", "(((a{30}){30}){30}"},
            {"deep_array", nested(50'000, true)},
            {"deep_object", nested(50'000, false)},
            {"bytes", "\x80\xBF\xFF\xF8"},
            {"time", "9999-12-31T23:59:59Z"}};
  for (int i = 0; i < 20'000; ++i) made["numbers"].push_back(i % 7);
  for (int i = 0; i < 5'000; ++i) made["members"][std::to_string(i)] = i;
  for (int i = 0; i < 5'000; ++i) made["keys"].push_back("k" + std::to_string(i));
  return made;
}

std::string shown(const result<json>& outcome) {
  return outcome ? "a value" : outcome.error().message;
}

TEST_CASE("every operator ends within its budget with hostile arguments", "[logic]") {
  const json data = hostile_data();
  std::vector<json> values;
  for (const auto& [key, value] : data.items()) values.push_back({{"var", key}});
  limits allowed;
  allowed.max_steps = 5'000;
  allowed.max_bytes = 200'000;
  std::size_t limited = 0;
  for (const operator_entry& called : operator_table()) {
    const std::size_t most = std::min<std::size_t>(called.max_args, 3);
    const std::size_t least =
        std::max<std::size_t>(called.min_args, std::min<std::size_t>(most, 1));
    for (std::size_t first = 0; first < values.size(); ++first) {
      for (std::size_t second = 0; second < (most > 1 ? values.size() : 1); second += 5) {
        json args = json::array();
        const std::size_t count = std::max(least, std::min<std::size_t>(most, 1 + second % 3));
        for (std::size_t i = 0; i < count; ++i)
          args.push_back(values[(i == 0 ? first : second + i - 1) % values.size()]);
        json rule{{std::string(called.name), args}};
        if (called.arguments == shape::members) rule = {{"object", {{"a", args}}}};
        const auto compiled = compile(rule);
        INFO(rule.dump());
        REQUIRE(compiled);
        const auto got = compiled->evaluate(variables{data}, allowed);
        if (!got) {
          const errc code = got.error().code;
          REQUIRE((code == errc::limit_exceeded || code == errc::invalid_rule));
          REQUIRE((code == errc::limit_exceeded || !got.error().type.empty()));
          limited += code == errc::limit_exceeded ? 1 : 0;
        }
        REQUIRE(shown(compiled->evaluate(variables{data}, allowed)) == shown(got));
      }
    }
  }
  CHECK(limited > 100);
}

TEST_CASE("a limit is not caught by try", "[logic]") {
  limits few;
  few.max_steps = 100;
  const auto made = compile(json::parse(R"({"try": [{"range": 1000}, 1]})")).value();
  const json data;
  CHECK(made.evaluate(variables{data}, few).error().code == errc::limit_exceeded);
}

TEST_CASE("what try has caught does not give back its budget", "[logic]") {
  limits few;
  few.max_steps = 400;
  const auto made = compile(json::parse(R"({"map": [{"range": 20},
      {"try": [{"if": [{"count": {"range": 30}}, {"throw": "x"}]}, 1]}]})"))
                        .value();
  const json data;
  CHECK(made.evaluate(variables{data}, few).error().code == errc::limit_exceeded);
}

}  // namespace
}  // namespace pawl::flow::logic
