#include <pawl/functions.hpp>

#include <deque>
#include <map>
#include <stdexcept>

#include "functions/registry.hpp"
#include "functions/test_step.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using pawl::testing::contains;

namespace {

using pawl::arguments;
using pawl::json;
using pawl::make_step_function;
using pawl::result;
using pawl::step_context;
using pawl::functions::step_with;
using pawl::functions::test_step;

struct order {
  int amount = 0;
  std::string currency;
  NLOHMANN_DEFINE_TYPE_INTRUSIVE(order, amount, currency)
};

struct no_json {};

struct counter {
  int operator()(const json& state) const { return state.at("n").get<int>() + 1; }
};

struct overloaded_call {
  int operator()(const json&) const { return 1; }
  int operator()(step_context&) const { return 2; }
};

json free_function(const json& state, step_context& step) {
  return {{"both", state.size() + step.args().size()}};
}

result<json> called(const pawl::step_function& f, json args, json state = json::object()) {
  auto step = step_with(std::move(args));
  step.state = std::move(state);
  return step.call(f);
}

std::string failure(const result<json>& got, std::string_view type) {
  REQUIRE_FALSE(got);
  CHECK(got.error().code == pawl::errc::function_failed);
  CHECK(got.error().type == type);
  return got.error().message;
}

}  // namespace

TEST_CASE("a step function may take the state, the step, both or nothing") {
  const json state{{"n", 41}};
  CHECK(*called(make_step_function([](const json& s) { return s; }), {}, state) == state);
  CHECK(*called(make_step_function([](step_context& s) { return s.args(); }), {{"a", 1}}) ==
        json{{"a", 1}});
  CHECK(*called(make_step_function([] { return 7; }), {}) == 7);
  CHECK(*called(make_step_function(free_function), {{"a", 1}}, state) == json{{"both", 2}});
  CHECK(*called(make_step_function(&free_function), {{"a", 1}}, state) == json{{"both", 2}});
  CHECK(*called(make_step_function(counter{}), {}, state) == 42);
  CHECK(*called(make_step_function(std::function<json(const json&)>{counter{}}), {}, state) == 42);
}

TEST_CASE("a step function may return nothing, a value, or a result of either") {
  CHECK(*called(make_step_function([] {}), {}) == json::object());
  CHECK(*called(make_step_function([] { return std::string{"x"}; }), {}) == "x");
  CHECK(*called(make_step_function([] {
                  return order{5, "EUR"};
                }),
                {}) == json{{"amount", 5}, {"currency", "EUR"}});
  CHECK(*called(make_step_function([] {
                  return std::map<std::string, int>{{"k", 1}};
                }),
                {}) == json{{"k", 1}});
  CHECK(*called(make_step_function([]() -> result<json> {
                  return json{{"a", 1}};
                }),
                {}) == json{{"a", 1}});
  CHECK(*called(make_step_function([]() -> result<order> {
                  return order{1, "USD"};
                }),
                {}) == json{{"amount", 1}, {"currency", "USD"}});
  CHECK(*called(make_step_function([]() -> result<void> { return {}; }), {}) == json::object());
  const auto declined = make_step_function([]() -> result<void> { return pawl::fail("no", "n"); });
  CHECK(failure(called(declined, {}), "no") == "n");
  CHECK(failure(called(make_step_function([] { return pawl::fail("x", "y"); }), {}), "x") == "y");
}

TEST_CASE("a returned JSON array is not changed") {
  const auto listed = make_step_function([] { return json::array({1}); });
  CHECK(called(listed, {})->dump() == "[1]");
  const auto wrapped = make_step_function([]() -> result<json> { return json::array({1}); });
  CHECK(called(wrapped, {})->dump() == "[1]");
}

TEST_CASE("a move-only function can be registered") {
  auto number = std::make_unique<int>(42);
  const auto f = make_step_function([number = std::move(number)] { return *number; });
  CHECK(*called(f, {}) == 42);
  CHECK(*called(f, {}) == 42);
}

TEST_CASE("arguments are decoded into a struct") {
  const auto total = [](const order& o) { return o.currency + std::to_string(o.amount); };
  CHECK(*called(make_step_function(total), {{"amount", 3}, {"currency", "EUR"}}) == "EUR3");
  const auto all = [](const json& state, order o, step_context& step) {
    return state.at("x").get<int>() + o.amount + static_cast<int>(step.attempt());
  };
  CHECK(*called(make_step_function(all), {{"amount", 3}, {"currency", ""}}, {{"x", 10}}) == 14);
  const auto as_map = [](const std::map<std::string, int>& m) { return m.size(); };
  CHECK(*called(make_step_function(as_map), {{"a", 1}, {"b", 2}}) == 2);
}

TEST_CASE("an argument that does not match a struct is named") {
  const auto f = make_step_function([](order) {});
  CHECK(contains(failure(called(f, {{"amount", 3}}), "invalid_arguments"), "currency"));
  const auto text = failure(called(f, {{"amount", "x"}, {"currency", "EUR"}}), "invalid_arguments");
  CHECK(text == "argument \"amount\" does not match: type must be number, but is string");
  CHECK(contains(failure(called(f, {{"amount", 1}, {"currency", 2}}), "invalid_arguments"),
                 "\"currency\""));
  // With two wrong arguments no single correction helps; the message of the decoder is kept.
  CHECK(contains(failure(called(f, {{"amount", "x"}, {"currency", 2}}), "invalid_arguments"),
                 "type must be"));
}

TEST_CASE("arguments can be taken individually by name") {
  const auto f = make_step_function(
      arguments("amount", "currency"), [](int amount, std::string currency, step_context& step) {
        return currency + std::to_string(amount) + step.run().id.str();
      });
  CHECK(*called(f, {{"amount", 3}, {"currency", "EUR"}}) == "EUR3run-1");
  const auto g = make_step_function(
      arguments("list", "any", "flag", "ratio"),
      [](const json& state, const std::vector<int>& list, json any, bool flag, double ratio) {
        return json{state, list, any, flag, ratio};
      });
  CHECK(*called(g, {{"list", {1, 2}}, {"any", {{"k", nullptr}}}, {"flag", true}, {"ratio", 1}},
                {{"s", 1}}) == json::parse(R"([{"s":1},[1,2],{"k":null},true,1.0])"));
}

TEST_CASE("an optional argument may be missing or null") {
  const auto f =
      make_step_function(arguments("n"), [](std::optional<int> n) { return n.value_or(-1); });
  CHECK(*called(f, json::object()) == -1);
  CHECK(*called(f, {{"n", nullptr}}) == -1);
  CHECK(*called(f, {{"n", 4}}) == 4);
}

TEST_CASE("every invalid named argument is reported with what is expected") {
  const auto f = make_step_function(arguments("amount", "currency", "note"),
                                    [](int, std::string, std::optional<bool>) {});
  const auto text =
      failure(called(f, {{"amount", "12"}, {"curency", "EUR"}, {"note", 1}}), "invalid_arguments");
  CHECK(contains(text,
                 "argument \"amount\" must be a whole number from -2147483648 to 2147483647, "
                 "not the text \"12\""));
  CHECK(contains(text, "argument \"currency\" is missing"));
  CHECK(contains(text, "argument \"note\" must be true or false, not 1"));
  CHECK(contains(text, "argument \"curency\" is not known; did you mean \"currency\"?"));
}

TEST_CASE("numbers are converted exactly or rejected") {
  const auto small = make_step_function(arguments("n"), [](std::uint8_t n) { return n; });
  CHECK(*called(small, {{"n", 255}}) == 255);
  CHECK(*called(small, {{"n", 42.0}}) == 42);
  for (const json& wrong : {json(256), json(-1), json(1.5), json(true), json("1"), json(1e300)})
    CHECK_FALSE(called(small, {{"n", wrong}}));
  const auto large = make_step_function(arguments("n"), [](std::int64_t n) { return n; });
  CHECK(*called(large, {{"n", std::numeric_limits<std::int64_t>::min()}}) ==
        std::numeric_limits<std::int64_t>::min());
  CHECK(*called(large, {{"n", -9223372036854775808.0}}) ==
        std::numeric_limits<std::int64_t>::min());
  CHECK_FALSE(called(large, {{"n", 9223372036854775808.0}}));
  CHECK_FALSE(called(large, {{"n", std::numeric_limits<std::uint64_t>::max()}}));
  const auto items = make_step_function(arguments("n"), [](std::vector<int>) {});
  CHECK(contains(failure(called(items, {{"n", {1, 2.5}}}), "invalid_arguments"), "\"n[1]\""));
}

TEST_CASE("callables with other signatures are not step functions") {
  using pawl::step_callable;
  using pawl::step_callable_with;
  const auto generic = [](const auto&) {};
  int calls = 0;
  const auto changing = [calls]() mutable { ++calls; };
  const auto by_value = [](json) {};
  const auto wrong_order = [](step_context&, const json&) {};
  const auto reference = [](order&) {};
  const auto no_decoder = [](no_json) {};
  const auto odd_result = [] { return no_json{}; };
  const auto odd_inner = []() -> result<no_json> { return no_json{}; };
  const auto text = [](std::string) {};
  const auto two = [](int, int) {};
  const auto letter = [](char) {};
  CHECK_FALSE(step_callable<decltype(generic)>);
  CHECK_FALSE(step_callable<decltype(changing)>);
  CHECK_FALSE(step_callable<decltype(by_value)>);
  CHECK_FALSE(step_callable<decltype(wrong_order)>);
  CHECK_FALSE(step_callable<decltype(reference)>);
  CHECK_FALSE(step_callable<decltype(no_decoder)>);
  CHECK_FALSE(step_callable<decltype(odd_result)>);
  CHECK_FALSE(step_callable<decltype(odd_inner)>);
  CHECK_FALSE(step_callable<decltype(text)>);
  CHECK_FALSE(step_callable<decltype(two)>);
  CHECK_FALSE(step_callable<overloaded_call>);
  CHECK_FALSE(step_callable<int>);
  CHECK_FALSE(step_callable_with<decltype(two), 1>);
  CHECK_FALSE(step_callable_with<decltype(letter), 1>);
  CHECK(step_callable_with<decltype(two), 2>);
  CHECK(step_callable_with<decltype(text), 1>);
  CHECK(step_callable<counter>);
  CHECK(step_callable<decltype(free_function)>);
}

TEST_CASE("an exception fails the step with its text") {
  const auto throws = make_step_function([]() { throw std::runtime_error{"no paper"}; });
  CHECK(failure(called(throws, {}), "exception") ==
        "\"test.function\" threw an exception: no paper");
  const auto odd = make_step_function([]() { throw 42; });
  CHECK(contains(failure(called(odd, {}), "exception"), "not a std::exception"));
  const auto bad_text = make_step_function([]() { throw std::runtime_error{"\xff"}; });
  CHECK(contains(failure(called(bad_text, {}), "exception"), "\xef\xbf\xbd"));
  const auto missing = make_step_function([](const json& state) { return state.at("amount"); });
  CHECK(contains(failure(called(missing, {}), "exception"), "key 'amount' not found"));
}

TEST_CASE("an error of a function keeps its class but not its code") {
  const auto late = make_step_function([]() -> result<json> {
    return pawl::error{pawl::errc::timed_out, "too late"};
  });
  CHECK(failure(called(late, {}), "timed_out") == "too late");
  const auto huge = make_step_function(
      []() -> result<json> { return pawl::fail("huge\xff", std::string(1'000'000, 'x')); });
  CHECK(failure(called(huge, {}), "huge\xef\xbf\xbd").size() < 10'000);
}

TEST_CASE("the handle of a scope adds, lists and removes its functions") {
  pawl::scope_functions functions{std::make_shared<pawl::functions::registry>(),
                                  pawl::default_scope()};
  REQUIRE(functions.add("orders.ship", [](const json&) {}, {.description = "Ships."}));
  REQUIRE(functions.add("orders.charge", arguments("amount"), [](int) {}, {.max_concurrency = 2}));
  auto listed = functions.list();
  REQUIRE(listed.size() == 2);
  CHECK(listed[0].code_ref == "orders.charge");
  CHECK(listed[0].options.max_concurrency == 2);
  CHECK(listed[1].options.description == "Ships.");
  CHECK_FALSE(listed[1].built_in);

  const auto twice = functions.add("orders.ship", [] {});
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == pawl::errc::already_exists);
  CHECK(functions.add("orders.ship", [] {}, {.replace = true}));
  CHECK(functions.remove("orders.ship"));
  CHECK_FALSE(functions.remove("orders.ship"));
  CHECK(functions.list().size() == 1);

  const auto refused = [&](result<void> added, std::string_view part) {
    REQUIRE_FALSE(added);
    CHECK(added.error().code == pawl::errc::invalid_argument);
    CHECK(contains(added.error().message, part));
  };
  refused(functions.add("a/b", [] {}), "invalid character at byte 1");
  refused(functions.add("core.mine", [] {}), "built-in");
  refused(functions.add("empty", pawl::step_function{}), "empty");
  refused(functions.add("null", static_cast<void (*)()>(nullptr)), "empty");
  refused(functions.add("same", arguments("a", "a"), [](int, int) {}), "two arguments named \"a\"");
  refused(functions.add("none", arguments(""), [](int) {}), "without a name");
}
