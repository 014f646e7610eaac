#include "functions/builtins/builtins.hpp"

#include <chrono>
#include <thread>

#include "functions/test_step.hpp"
#include "tests/support/catch.hpp"

using namespace std::chrono_literals;
using pawl::json;
using pawl::log_level;
using pawl::functions::step_with;
using pawl::functions::test_step;

namespace {

pawl::result<json> run(test_step& step, std::string_view code_ref) {
  pawl::functions::registry functions;
  pawl::functions::add_builtins(functions, {});
  const auto found = functions.find(pawl::default_scope(), code_ref);
  REQUIRE(found);
  return step.call(**found);
}

pawl::result<json> run(std::string_view code_ref, json args) {
  auto step = step_with(std::move(args));
  return run(step, code_ref);
}

std::string failure(std::string_view code_ref, json args, std::string_view type) {
  const auto got = run(code_ref, std::move(args));
  REQUIRE_FALSE(got);
  CHECK(got.error().type == type);
  return got.error().message;
}

}  // namespace

TEST_CASE("every built-in has a description") {
  pawl::functions::registry functions;
  pawl::functions::add_builtins(functions, {});
  std::vector<std::string> names;
  for (const auto& function : functions.list(pawl::default_scope())) {
    CHECK_FALSE(function->options.description.empty());
    CHECK(function->built_in);
    names.push_back(function->code_ref);
  }
  CHECK(names == std::vector<std::string>{"core.echo", "core.exec", "core.fail", "core.http",
                                          "core.log", "core.set", "core.sleep"});
}

TEST_CASE("core.echo returns its arguments") {
  const json args{{"a", 1}, {"b", {1, 2}}};
  CHECK(*run("core.echo", args) == args);
  CHECK(*run("core.echo", json::object()) == json::object());
}

TEST_CASE("core.set returns the keys to set") {
  CHECK(*run("core.set", {{"a", 1}, {"b", nullptr}}) == json{{"a", 1}, {"b", nullptr}});
  CHECK(*run("core.set", {{"values", {{"a", 1}}}}) == json{{"a", 1}});
  CHECK(*run("core.set", {{"values", {{"values", 1}}}}) == json{{"values", 1}});
  CHECK(*run("core.set", {{"values", 3}}) == json{{"values", 3}});
  CHECK(*run("core.set", {{"values", {{"a", 1}}}, {"b", 2}}) ==
        json{{"values", {{"a", 1}}}, {"b", 2}});
}

TEST_CASE("core.sleep sleeps for milliseconds or seconds") {
  const auto before = std::chrono::steady_clock::now();
  CHECK(*run("core.sleep", {{"ms", 15}}) == json::object());
  CHECK(*run("core.sleep", {{"seconds", 0.015}}) == json::object());
  CHECK(std::chrono::steady_clock::now() - before >= 30ms);
  failure("core.sleep", json::object(), "invalid_arguments");
  failure("core.sleep", {{"ms", 1}, {"seconds", 1}}, "invalid_arguments");
  failure("core.sleep", {{"ms", -1}}, "invalid_arguments");
  failure("core.sleep", {{"seconds", 1e300}}, "invalid_arguments");
  CHECK(failure("core.sleep", {{"sec", 1}}, "invalid_arguments").find("\"sec\" is not known") !=
        std::string::npos);
}

TEST_CASE("core.sleep ends when its step is stopped") {
  auto step = step_with({{"seconds", 3600}});
  std::jthread stopper{[&] {
    std::this_thread::sleep_for(20ms);
    step.stop.request_stop();
  }};
  const auto got = run(step, "core.sleep");
  REQUIRE_FALSE(got);
  CHECK(got.error().type == "cancelled");
}

TEST_CASE("core.fail fails with the given type and message") {
  CHECK(failure("core.fail", {{"type", "out_of_stock"}, {"message", "None left."}},
                "out_of_stock") == "None left.");
  CHECK_FALSE(failure("core.fail", json::object(), "failed").empty());
  failure("core.fail", {{"type", ""}}, "invalid_arguments");
  failure("core.fail", {{"type", 7}}, "invalid_arguments");
}

TEST_CASE("core.log writes a line with the given level") {
  auto step = step_with({{"message", "ready"}});
  CHECK(*run(step, "core.log") == json::object());
  step.args = {{"message", {{"n", 1}}}, {"level", "error"}};
  CHECK(run(step, "core.log"));
  REQUIRE(step.logs.size() == 2);
  CHECK(step.logs[0] == std::pair{log_level::info, std::string{"ready"}});
  CHECK(step.logs[1] == std::pair{log_level::error, std::string{"{\"n\":1}"}});
  CHECK(failure("core.log", {{"message", "x"}, {"level", "loud"}}, "invalid_arguments")
            .find("debug, info, warning or error") != std::string::npos);
  failure("core.log", json::object(), "invalid_arguments");
}
