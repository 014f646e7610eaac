#include "functions/secrets/secret_store.hpp"

#include "functions/call.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::functions;

namespace {

const scope_name acme{"acme"};
const scope_name other{"other"};

/// A call in the scope `acme`, whose arguments have secrets of `store`.
struct secret_call {
  explicit secret_call(const secret_store& store)
      : context({run, "n", 1, 1, key, args, nullptr, {}, &store}, observer, {}, {}) {}

  const run_key run{acme, run_id{"r"}};
  const std::string key = "k";
  const json args = json::object();
  std::vector<std::string> logged;
  const step_observer observer{
      [this](const auto&, log_level, std::string_view text) { logged.emplace_back(text); }};
  call_context context;
};

}  // namespace

TEST_CASE("secrets of a scope are put at their places", "[secrets]") {
  secret_store store;
  store.replace({{"acme", {{"K", "s3cret"}}}});
  json args{{"headers", {{"authorization", nullptr}}}, {"key", nullptr}, {"x", 1}};
  REQUIRE(store.fill(
      args, {{{"headers", "authorization"}, "Bearer ", "K", "!"}, {{"key"}, "", "K", ""}}, acme));
  CHECK(args ==
        json{{"headers", {{"authorization", "Bearer s3cret!"}}}, {"key", "s3cret"}, {"x", 1}});
}

TEST_CASE("an unknown secret is an error that names it, also one of another scope", "[secrets]") {
  secret_store store;
  store.replace({{"acme", {{"K", "s3cret"}}}});
  json args{{"key", nullptr}};
  for (const auto& [scope, name] : {std::pair{acme, "L"}, {other, "K"}}) {
    const auto filled = store.fill(args, {{{"key"}, "", name, ""}}, scope);
    REQUIRE_FALSE(filled);
    CHECK(filled.error().type == "unknown_secret");
    CHECK(filled.error().message.find(name) != std::string::npos);
    CHECK_FALSE(store.check({{{"key"}, "", name, ""}}, scope));
  }
  CHECK(store.check({{{"key"}, "", "K", ""}}, acme));
}

TEST_CASE("secrets are masked in texts, values, names and errors", "[secrets]") {
  secret_store store;
  store.replace({{"acme", {{"K", "s3cret"}, {"L", "s3cret-longer"}}}});
  std::string text = "s3cret, s3cret-longer, s3cre";
  store.mask(acme, text);
  CHECK(text == "***, ***, s3cre");
  json value{{"a", {"x s3cret", 7, nullptr}}, {"name s3cret", {{"s3cret-longer", true}}}};
  store.mask(acme, value);
  CHECK(value == json{{"a", {"x ***", 7, nullptr}}, {"name ***", {{"***", true}}}});
  error why = fail("s3cret", "bad key s3cret", json{{"headers", {{"x", "s3cret"}}}});
  store.mask(acme, why);
  CHECK(why.type == "***");
  CHECK(why.message == "bad key ***");
  CHECK(*why.details == json{{"headers", {{"x", "***"}}}});
  std::string foreign = "s3cret";
  store.mask(other, foreign);
  CHECK(foreign == "s3cret");
}

TEST_CASE("a replaced secret is still masked", "[secrets]") {
  secret_store store;
  store.replace({{"acme", {{"K", "old-secret"}}}});
  store.replace({{"acme", {{"K", "new-secret"}}}});
  store.replace({});
  std::string text = "old-secret new-secret";
  store.mask(acme, text);
  CHECK(text == "*** ***");
  json args{{"k", nullptr}};
  CHECK_FALSE(store.fill(args, {{{"k"}, "", "K", ""}}, acme));
}

TEST_CASE("the forms in which Pawl writes a secret are masked", "[secrets]") {
  secret_store store;
  store.replace({{"acme", {{"A", "a/b+c d"}, {"B", "line 1\nline \"2\""}, {"C", "48151623"}}}});
  json value{{"url", "http://x/?k=a%2Fb%2Bc%20d"},
             {"excerpt", "got line 1 line \"2\"."},
             {"body", R"({"k": "line 1\nline \"2\""})"},
             {"pin", 48151623}};
  store.mask(acme, value);
  CHECK(value == json{{"url", "http://x/?k=***"},
                      {"excerpt", "got ***."},
                      {"body", R"({"k": "***"})"},
                      {"pin", "***"}});
}

TEST_CASE("the beginning of a secret at the end of a cut text is masked", "[secrets]") {
  secret_store store;
  store.replace({{"acme", {{"K", "correct-horse"}}}});
  std::string text = "the key is correct-ho…";
  store.mask(acme, text);
  CHECK(text == "the key is ***…");
  text = "the key is cor…";
  store.mask(acme, text);
  CHECK(text == "the key is cor…");
}

TEST_CASE("what a function passes on of its secrets is masked", "[secrets]") {
  secret_store store;
  store.replace({{"acme", {{"K", "s3cret"}}}});
  const auto outcome_of = [&](const step_function& body) {
    secret_call of{store};
    return functions::call(body, "f", step_data{json::object()}, of.context, {});
  };
  CHECK(*outcome_of([](const step_data&, step_context&) -> result<json> {
           return json{{"echo", "s3cret"}};
         }).value == json{{"echo", "***"}});
  CHECK(outcome_of(
            [](const step_data&, step_context&) -> result<json> { return fail("t", "no s3cret"); })
            .value.error()
            .message == "no ***");
  CHECK(outcome_of([](const step_data&, step_context&) -> result<json> {
          throw std::runtime_error("thrown s3cret");
        })
            .value.error()
            .message.find("s3cret") == std::string::npos);
  const auto asked = outcome_of([](const step_data&, step_context& step) -> result<json> {
    return step.interrupt("is it s3cret?", {{"x", "s3cret"}});
  });
  REQUIRE(asked.interrupted);
  CHECK(asked.interrupted->value == "is it ***?");
  CHECK(asked.interrupted->update == json{{"x", "***"}});
  secret_call of{store};
  of.context.log(log_level::info, "calls with s3cret");
  CHECK(of.logged == std::vector<std::string>{"calls with ***"});
}
