// docs/operators.md describes every operator, and each of its cases holds.

#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "flow/logic/testing/suite.hpp"
#include "tests/support/paths.hpp"

namespace pawl::flow::logic {
namespace {

/// A line of a block of cases: RULE [with DATA] gives RESULT, or … fails TYPE.
struct operator_case {
  std::string line;
  json rule;
  json data;
  std::optional<json> result;
  std::string error;
};

/// Splits a line at the first place of `word` where the part before it is JSON.
std::optional<std::pair<json, std::string>> split_at(const std::string& line,
                                                     const std::string& word) {
  for (auto at = line.find(word); at != line.npos; at = line.find(word, at + 1)) {
    json before = json::parse(line.substr(0, at), nullptr, false);
    if (!before.is_discarded()) return std::pair{std::move(before), line.substr(at + word.size())};
  }
  return std::nullopt;
}

operator_case parse_case(const std::string& line) {
  operator_case made{line, {}, nullptr, {}, {}};
  std::string rest = line;
  if (auto with = split_at(line, " with ")) {
    made.rule = std::move(with->first);
    rest = with->second;
  }
  const auto take = [&](const char* word) {
    auto parts = split_at(rest, word);
    if (!parts) return false;
    (made.rule.is_null() ? made.rule : made.data) = std::move(parts->first);
    rest = parts->second;
    return true;
  };
  if (take(" gives ")) {
    made.result = json::parse(rest);
  } else if (take(" fails ")) {
    made.error = rest;
  } else {
    FAIL("not a case: " << line);
  }
  return made;
}

std::map<std::string, std::vector<operator_case>> documented_cases() {
  std::map<std::string, std::vector<operator_case>> found;
  std::ifstream page{pawl::testing::source_dir() / "docs" / "operators.md"};
  REQUIRE(page);
  std::string line;
  std::string name;
  bool inside = false;
  while (std::getline(page, line)) {
    if (line.starts_with("### `")) {
      name = line.substr(5, line.size() - 6);
      found[name];
    } else if (line.starts_with("```")) {
      inside = line == "```cases";
    } else if (inside) {
      found[name].push_back(parse_case(line));
    }
  }
  return found;
}

json outcome_of(const operator_case& each) {
  variables data{each.data};
  const fixed_context context{1'774'692'930'250'000, "default/run-1/step/1"};
  data.set_context(context);
  const auto failed = [](const error& e) {
    return json{{"error", e.error_class()}, {"message", e.message}};
  };
  const auto compiled = compile(each.rule);
  if (!compiled) return failed(compiled.error());
  auto made = compiled->evaluate(data);
  return made ? json{{"result", *std::move(made)}} : failed(made.error());
}

TEST_CASE("every case of docs/operators.md holds", "[logic][docs]") {
  for (const auto& [name, cases] : documented_cases()) {
    for (const operator_case& each : cases) {
      const json got = outcome_of(each);
      INFO(each.line << "\n  outcome: " << got.dump());
      if (each.result) {
        CHECK((got.contains("result") && got["result"] == *each.result));
      } else {
        CHECK(got.value("error", "") == each.error);
      }
    }
  }
}

TEST_CASE("docs/operators.md describes every operator, with cases", "[logic][docs]") {
  const auto documented = documented_cases();
  for (const auto name : operators()) {
    INFO(name);
    const auto found = documented.find(std::string{name});
    REQUIRE(found != documented.end());
    CHECK(found->second.size() >= 3);
  }
  CHECK(documented.size() == operators().size());
}

}  // namespace
}  // namespace pawl::flow::logic
