#include "flow/testing/driven_run.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

driven_run failing(json data) {
  driven_run run{chain({start(), node_of("no", "fail", std::move(data))})};
  REQUIRE(run.begin({{"total", 5000}}));
  REQUIRE(run.status() == run_status::failed);
  REQUIRE(run.state().error);
  return run;
}

}  // namespace

TEST_CASE("a fail node needs a message and has no outgoing edges", "[fail][validation]") {
  using lines = std::vector<std::string>;
  const auto with = [](json data) {
    return errors_of(chain({start(), node_of("no", "fail", std::move(data))}));
  };
  CHECK(with(json::object()) == lines{"/nodes/1/data missing_key"});
  CHECK(with({{"message", {{"!", {{"wat", 1}}}}}}) ==
        lines{"/nodes/1/data/message/!/wat unknown_operator"});
  CHECK(with({{"message", "m"}, {"error", 7}}) == lines{"/nodes/1/data/error wrong_type"});
  CHECK(errors_of(chain({start(), node_of("no", "fail", {{"message", "m"}}), end()})).size() == 1);
}

TEST_CASE("a fail node fails the run with the error of the flow", "[fail]") {
  const auto run =
      failing({{"error", "too_large"},
               {"message", {{"cat", {"an order of ", var("total"), " is too large"}}}}});
  CHECK(run.state().error == run_error{"too_large", "an order of 5000 is too large", "no", 1});
  CHECK(run.story("step") == std::vector<std::string>{"step_started no 1.1", "step_failed no 1.1"});
}

TEST_CASE("the default error type is failed; a message that is not a string is written as JSON",
          "[fail]") {
  CHECK(failing({{"message", var("total")}}).state().error == run_error{"failed", "5000", "no", 1});
  CHECK(failing({{"message", nullptr}}).state().error->message == "null");
  // A failing rule of the message is an error of its own.
  CHECK(failing({{"message", {{"*", json::array()}}}}).state().error->type == "invalid_arguments");
}

TEST_CASE("a retry reaches the fail node again", "[fail]") {
  auto run = failing({{"message", "no"}});
  REQUIRE(run.apply(retry_command{}));
  CHECK(run.status() == run_status::failed);
  CHECK(run.state().error->attempt == 2);
}
