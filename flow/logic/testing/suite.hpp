#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include <pawl/json.hpp>

#include "flow/logic/logic.hpp"
#include "tests/support/catch.hpp"

/// Runs JSONLogic suites in tests. A suite is an array in the format that the implementations of
/// JSONLogic share: a string is a heading; an object is a case with `rule`, `data` (default null),
/// and `result` or `error`.
namespace pawl::flow::logic::testing {

/// The outcome of a case: {"result": …} or {"error": {"type": …}}.
inline json outcome(const json& rule, const json& data) {
  const auto failed = [](const error& e) {
    return json{{"error", {{"type", e.error_class()}, {"message", e.message}}}};
  };
  const auto compiled = compile(rule);
  if (!compiled) return failed(compiled.error());
  auto made = compiled->evaluate(variables{data});
  if (!made) return failed(made.error());
  return json{{"result", *std::move(made)}};
}

/// Normalizes an error type, so that "Unknown Operator" equals "unknown_operator".
inline std::string error_key(std::string_view type) {
  std::string key;
  for (const char c : type) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalnum(letter) != 0) key += static_cast<char>(std::tolower(letter));
  }
  return key;
}

inline bool matches(const json& expected, const json& got) {
  if (!expected.contains("error")) {
    return got.contains("result") && got["result"] == expected.value("result", json());
  }
  if (!got.contains("error")) return false;
  const json& wanted = expected["error"];
  return !wanted.is_object() || !wanted.contains("type") ||
         error_key(wanted["type"].get<std::string>()) ==
             error_key(got["error"]["type"].get<std::string>());
}

/// Checks every case of a suite. Reports each failure with its rule, data and heading. Returns the
/// number of cases.
inline int check_suite(const json& suite) {
  REQUIRE(suite.is_array());
  std::string heading;
  int cases = 0;
  for (const json& item : suite) {
    if (item.is_string()) heading = item.get<std::string>();
    if (!item.is_object()) continue;
    ++cases;
    const json data = item.value("data", json());
    const json got = outcome(item.at("rule"), data);
    INFO(heading << "\n  case:     " << item.dump() << "\n  outcome:  " << got.dump());
    CHECK(matches(item, got));
  }
  return cases;
}

inline int check_cases(std::string_view text) {
  return check_suite(json::parse(text));
}

}  // namespace pawl::flow::logic::testing
