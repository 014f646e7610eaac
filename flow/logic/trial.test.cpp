#include "flow/logic/trial.hpp"

#include "tests/support/catch.hpp"

namespace pawl::flow::logic {
namespace {

TEST_CASE("a rule is tried on data, with the value of each call") {
  const json rule{{"+", {{{"*", {2, {{"var", "n"}}}}}, 1}}};
  const fixed_context context;
  const auto found = try_out(rule, source_form::rule, {{"n", 3}}, context, true);
  REQUIRE(found.value);
  CHECK(*found.value == 7);
  REQUIRE(found.calls.size() >= 2);
  CHECK(found.calls[0].depth == 0);
  CHECK(found.calls[0].value == "7");
  CHECK(found.calls[1].value == "6");
  CHECK(found.steps > 0);
  CHECK(try_out(rule, source_form::rule, {{"n", 3}}, context, false).calls.empty());
}

TEST_CASE("a template is tried on data") {
  const auto found = try_out({{"id", {{"var", "id"}}}, {"n", 1}}, source_form::value_template,
                             {{"id", 7}}, fixed_context{}, false);
  REQUIRE(found.value);
  CHECK(*found.value == json{{"id", 7}, {"n", 1}});
}

TEST_CASE("a trial reports rules that are invalid, that fail, and that use too much") {
  const fixed_context context{1'000'000, "seed"};
  const auto unknown = try_out({{">>", {1, 2}}}, source_form::rule, nullptr, context, false);
  REQUIRE_FALSE(unknown.value);
  CHECK_FALSE(unknown.value.error().diagnostics.empty());
  limits few;
  few.max_steps = 10;
  const json items = json::array({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  const auto cut = try_out({{"map", {{{"var", ""}}, {{"+", {{{"var", ""}}, 1}}}}}},
                           source_form::rule, items, context, false, few);
  REQUIRE_FALSE(cut.value);
  CHECK(cut.value.error().code == errc::limit_exceeded);
}

}  // namespace
}  // namespace pawl::flow::logic
