#include <filesystem>
#include <fstream>

#include <pawl/functions.hpp>

#include "functions/builtins/builtins.hpp"
#include "functions/http/test_server.hpp"
#include "functions/test_step.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

// From docs/functions.md; see functions/CMakeLists.txt.
pawl::result<void> add_order_functions(pawl::scope_functions functions);

using pawl::json;
namespace http = pawl::functions::http;

namespace {

/// Returns the blocks of one language in a Markdown file, in order.
std::vector<std::string> blocks(const std::filesystem::path& file, const std::string& language) {
  std::ifstream in{file};
  if (!in) FAIL("cannot read " << file << ": the examples of the built-in functions are there");
  std::vector<std::string> found;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (!inside && line == "```" + language) {
      inside = true;
      found.emplace_back();
    } else if (line.starts_with("```")) {
      inside = false;
    } else if (inside) {
      found.back() += line + "\n";
    }
  }
  return found;
}

const std::filesystem::path docs = pawl::testing::source_dir() / "docs";

}  // namespace

TEST_CASE("the examples of docs/functions.md return what the page shows") {
  pawl::functions::registry functions;
  pawl::functions::exec_policy policy;
  policy.allow = {"sh", "wc"};
  // The examples use port 8080; the test server uses a free port.
  const http::test_server server{[](const http::test_request&, const http::test_connection&) {
    return http::answer_with(201, R"({"id":17})", "Content-Type: application/json\r\n");
  }};
  http::policy rules;
  rules.allow_hosts = {"*", server.address()};
  pawl::functions::add_builtins(functions, policy, rules);

  auto examples = blocks(docs / "functions.md", "json");
  REQUIRE(examples.size() >= 18);
  REQUIRE(examples.size() % 2 == 0);
  const std::string shown = "127.0.0.1:8080";
  for (auto& example : examples)
    if (const auto at = example.find(shown); at != example.npos)
      example.replace(at, shown.size(), server.address());
  for (std::size_t i = 0; i < examples.size(); i += 2) {
    CAPTURE(examples[i]);
    const auto node = json::parse(examples[i]);
    const auto expected = json::parse(examples[i + 1]);
    const auto& data = node.at("data");
    const auto function =
        functions.find(pawl::default_scope(), data.at("code_ref").get<std::string>());
    REQUIRE(function);
    auto step = pawl::functions::step_with(data.at("args"));
    const auto got = step.call(**function);
    if (expected.contains("error")) {
      REQUIRE_FALSE(got);
      CHECK(got.error().type == expected.at("error").at("type").get<std::string>());
      CHECK(got.error().message == expected.at("error").at("message").get<std::string>());
    } else {
      REQUIRE(got);
      // Durations differ, and some examples omit keys.
      for (const auto& [key, value] : expected.items()) CHECK(got->at(key) == value);
      if (!got->contains("stdout")) CHECK(*got == expected);
    }
  }
}

TEST_CASE("the C++ functions of docs/functions.md can be registered and called") {
  const auto registry = std::make_shared<pawl::functions::registry>();
  REQUIRE(add_order_functions({registry, pawl::default_scope()}));
  const auto call = [&](std::string_view name, json args, json state) {
    auto step = pawl::functions::step_with(std::move(args));
    step.state = std::move(state);
    return step.call(**registry->find(pawl::default_scope(), name));
  };
  CHECK(*call("orders.charge", {{"amount", 42}}, json::object()) ==
        json{{"charged", 42}, {"currency", "EUR"}, {"receipt", "run-1/node/1"}});
  CHECK(call("orders.charge", {{"amount", 4200}}, json::object()).error().type == "card_declined");
  const json parcel{{"weight_kg", 2.5}, {"country", "FR"}};
  CHECK(*call("orders.postage", parcel, {{"charged", 42}}) == json{{"postage", 5.5}});
  CHECK(*call("orders.postage", parcel, {{"charged", 100}}) == json{{"postage", 0.0}});
}
