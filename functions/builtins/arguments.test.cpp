#include "functions/builtins/arguments.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "functions/builtins/builtins.hpp"
#include "functions/test_step.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace pawl;
using namespace pawl::functions;

namespace {

/// The warnings about the only task of a flow, as "pointer message".
std::vector<std::string> warnings_of(const json& data) {
  const json source{{"name", "test"},
                    {"nodes", {{{"id", "n"}, {"type", "task"}, {"data", data}}}},
                    {"edges", json::array()}};
  std::vector<diagnostic> diagnostics;
  const auto flow = flow::parse_definition(source, diagnostics);
  check_built_in_calls(flow, diagnostics);
  std::vector<std::string> found;
  for (const auto& d : diagnostics) {
    CHECK(d.level == severity::warning);
    CHECK(d.code == "bad_argument");
    found.push_back(d.pointer + " " + d.message);
  }
  return found;
}

std::vector<std::string> warnings_of(std::string_view code_ref, const json& args) {
  return warnings_of({{"code_ref", code_ref}, {"args", args}});
}

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("arguments of built-in functions are checked when a flow is checked") {
  CHECK(warnings_of("core.sleep", {{"secs", 5}}) ==
        lines{"/nodes/0/data/args/secs node \"n\": core.sleep has no argument \"secs\"; its "
              "arguments are \"ms\", \"seconds\"",
              "/nodes/0/data node \"n\": core.sleep needs one of \"ms\", \"seconds\""});
  CHECK(warnings_of("core.sleep", {{"second", 5}}).at(0) ==
        "/nodes/0/data/args/second node \"n\": core.sleep has no argument \"second\"; did you mean "
        "\"seconds\"?");
  CHECK(warnings_of("core.sleep", {{"ms", "5"}}) ==
        lines{"/nodes/0/data/args/ms node \"n\": core.sleep needs a number as \"ms\", not string"});
  CHECK(warnings_of("core.sleep", {{"ms", 5}, {"seconds", 1}}) ==
        lines{"/nodes/0/data/args node \"n\": core.sleep takes only one of \"ms\", \"seconds\""});
  CHECK(warnings_of("core.log", {{"message", "x"}, {"level", "warn"}}) ==
        lines{"/nodes/0/data/args/level node \"n\": core.log needs one of \"debug\", \"info\", "
              "\"warning\", \"error\" as \"level\""});
  CHECK(warnings_of("core.log", {{"message", "x"}, {"level", "erorr"}})
            .at(0)
            .ends_with("; did you mean \"error\"?"));
  CHECK(warnings_of("core.exec", {{"argv", "ls -l"}}) ==
        lines{"/nodes/0/data/args/argv node \"n\": core.exec needs an array of strings as "
              "\"argv\", not string"});
  CHECK(warnings_of("core.http", json::object()) ==
        lines{"/nodes/0/data node \"n\": core.http needs the argument \"url\""});
}

TEST_CASE("values that a built-in function always refuses cause a warning") {
  registry known;
  exec_policy policy;
  policy.allow = {"*"};
  policy.step_env = {"A"};
  add_builtins(known, policy);
  const std::vector<std::pair<const char*, json>> calls{
      {"core.sleep", {{"ms", -1}}},
      {"core.sleep", {{"seconds", 1e300}}},
      {"core.fail", {{"type", ""}}},
      {"core.exec", {{"argv", json::array()}}},
      {"core.exec", {{"argv", {""}}}},
      {"core.exec", {{"argv", {"true"}}, {"timeout_ms", -5}}},
      {"core.exec", {{"argv", {"true"}}, {"timeout_ms", 1e300}}},
      {"core.exec", {{"argv", {"true"}}, {"expect", {"0"}}}},
      {"core.exec", {{"argv", {"true"}}, {"expect", "all"}}},
      {"core.exec", {{"argv", {"true"}}, {"env", {{"A", 1}}}}},
      {"core.exec", {{"argv", {"true"}}, {"env", {{"A", std::string{"\0", 1}}}}}},
      {"core.exec", {{"argv", {"true"}}, {"cwd", std::string{"\0", 1}}}},
      {"core.http", {{"url", "ftp://x"}}},
      {"core.http", {{"url", "http://a b"}}},
      {"core.http", {{"url", "http://x"}, {"method", "TRACE"}}},
      {"core.http", {{"url", "http://x"}, {"query", {{"a", json::object()}}}}},
      {"core.http", {{"url", "http://x"}, {"headers", {{"Host", "y"}}}}},
      {"core.http", {{"url", "http://x"}, {"headers", {{"A", 1}}}}},
      {"core.http", {{"url", "http://x"}, {"accept_status", {"9xx"}}}},
      {"core.http", {{"url", "http://x"}, {"accept_status", json::array()}}},
      {"core.http", {{"url", "http://x"}, {"timeout_ms", 0}}},
      {"core.http", {{"url", "http://x"}, {"max_bytes", 0}}},
      {"core.http", {{"url", "http://x"}, {"idempotency_header", "Host"}}}};
  for (const auto& [code_ref, args] : calls) {
    CAPTURE(code_ref, args.dump());
    CHECK(warnings_of(code_ref, args).size() == 1);
    auto step = step_with(args);
    const auto got = step.call(**known.find(default_scope(), code_ref));
    REQUIRE_FALSE(got);
    CHECK(got.error().type == "invalid_arguments");
  }
  CHECK(warnings_of("core.sleep", {{"ms", -1}})
            .at(0)
            .starts_with("/nodes/0/data/args/ms node \"n\": core.sleep fails: core.sleep must "
                         "sleep from 0 to "));
  CHECK(warnings_of("core.http", {{"url", "ftp://x"}}) ==
        lines{"/nodes/0/data/args/url node \"n\": core.http fails: argument \"url\" must be an "
              "http or https URL, not \"ftp\""});
}

TEST_CASE("valid calls of built-in functions cause no warnings") {
  CHECK(warnings_of("core.echo", {{"anything", 1}}).empty());
  CHECK(warnings_of("core.set", {{"anything", 1}}).empty());
  CHECK(warnings_of("core.fail", json::object()).empty());
  CHECK(warnings_of("core.sleep", {{"seconds", 0.5}}).empty());
  CHECK(warnings_of("core.exec", {{"argv", {"ls"}}, {"expect", "any"}, {"parse", "json"}}).empty());
  CHECK(warnings_of("core.http", {{"url", "http://h/"},
                                  {"json", nullptr},
                                  {"method", "post"},
                                  {"idempotency_header", nullptr}})
            .empty());
  CHECK(warnings_of("orders.charge", {{"secs", 1}}).empty());
  CHECK(warnings_of(json{{"code_ref", 7}}).empty());
  CHECK(warnings_of(json{{"code_ref", "core.sleep"}, {"args", {{"ms", 1}}}, {"with", 3}}).empty());
}

TEST_CASE("of computed arguments only the names are checked") {
  const json rule{{"var", "x"}};
  CHECK(warnings_of({{"code_ref", "core.sleep"}, {"with", {{"ms", rule}}}}).empty());
  CHECK(warnings_of({{"code_ref", "core.exec"}, {"with", {{"argv", rule}}}}).empty());
  CHECK(warnings_of({{"code_ref", "core.sleep"}, {"with", {{"mss", rule}, {"ms", rule}}}}) ==
        lines{"/nodes/0/data/with/mss node \"n\": core.sleep has no argument \"mss\"; did you mean "
              "\"ms\"?"});
}

TEST_CASE("a compensation by a built-in function is checked, too") {
  const json data{{"code_ref", "core.echo"},
                  {"compensate", {{"function", "core.exec"}, {"args", {{"argv", 7}}}}}};
  CHECK(warnings_of(data) ==
        lines{"/nodes/0/data/compensate/args/argv node \"n\": core.exec needs an array of strings "
              "as \"argv\", not number"});
}

TEST_CASE("the functions refuse what their tables refuse") {
  registry known;
  exec_policy policy;
  policy.allow = {"*"};
  add_builtins(known, policy);
  const auto error_of = [&](std::string_view code_ref, json args) {
    auto step = step_with(std::move(args));
    const auto got = step.call(**known.find(default_scope(), code_ref));
    return got ? std::string{} : got.error().type;
  };
  for (const auto* const table : argument_tables()) {
    CAPTURE(table->code_ref);
    json valid = json::object();
    for (const auto& each : table->arguments) {
      if (!each.required) continue;
      valid[std::string{each.name}] =
          each.type == argument_type::texts ? json{"true"} : json("http://127.0.0.1:1/");
    }
    json unknown = valid;
    unknown["no_such_argument"] = 1;
    CHECK(error_of(table->code_ref, unknown) == "invalid_arguments");
    for (const auto& each : table->arguments) {
      CAPTURE(each.name);
      json wrong = valid;
      if (each.required) {
        wrong.erase(std::string{each.name});
        CHECK(error_of(table->code_ref, wrong) == "invalid_arguments");
        CHECK_FALSE(warnings_of(table->code_ref, wrong).empty());
      }
      if (each.type == argument_type::any) continue;
      wrong[std::string{each.name}] =
          each.type == argument_type::object ? json("x") : json{{"a", 1}, {"b", 2}};
      CHECK(error_of(table->code_ref, wrong) == "invalid_arguments");
      CHECK_FALSE(warnings_of(table->code_ref, wrong).empty());
      if (each.words.empty()) continue;
      wrong[std::string{each.name}] = "no such word";
      CHECK(error_of(table->code_ref, wrong) == "invalid_arguments");
    }
  }
}

TEST_CASE("docs/functions.md has every argument of a table") {
  std::ifstream in{testing::source_dir() / "docs" / "functions.md"};
  const std::string page{std::istreambuf_iterator<char>{in}, {}};
  for (const auto* const table : argument_tables()) {
    const auto begin = page.find("### " + std::string{table->code_ref} + "\n");
    REQUIRE(begin != page.npos);
    const std::string section = page.substr(begin, page.find("\n### ", begin + 1) - begin);
    for (const auto& each : table->arguments) {
      CAPTURE(table->code_ref, each.name);
      CHECK(section.find("`" + std::string{each.name} + "`") != section.npos);
    }
  }
}
