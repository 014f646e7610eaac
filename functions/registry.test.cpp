#include "functions/registry.hpp"

#include <atomic>
#include <thread>

#include "functions/test_step.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using pawl::errc;
using pawl::json;
using pawl::scope_name;
using pawl::step_context;
using pawl::functions::registry;

using pawl::testing::contains;

namespace {

const scope_name red{"red"};
const scope_name blue{"blue"};

pawl::step_function returning(json value) {
  return [value](const json&, step_context&) -> pawl::result<json> { return value; };
}

json called(const registry& functions, const scope_name& scope, std::string_view code_ref) {
  const auto found = functions.find(scope, code_ref);
  REQUIRE(found);
  return *pawl::functions::test_step{}.call((*found)->body);
}

std::string missing(const registry& functions, const scope_name& scope, std::string_view name) {
  const auto found = functions.find(scope, name);
  REQUIRE_FALSE(found);
  CHECK(found.error().code == errc::not_found);
  return found.error().message;
}

}  // namespace

TEST_CASE("the same code_ref in two scopes means two functions") {
  registry functions;
  REQUIRE(functions.add(red, "orders.charge", returning("red")));
  REQUIRE(functions.add(blue, "orders.charge", returning("blue")));
  CHECK(called(functions, red, "orders.charge") == "red");
  CHECK(called(functions, blue, "orders.charge") == "blue");
  REQUIRE(functions.remove(red, "orders.charge"));
  CHECK(called(functions, blue, "orders.charge") == "blue");
}

TEST_CASE("two registries are independent") {
  registry first;
  const registry second;
  REQUIRE(first.add(red, "orders.charge", returning(1)));
  CHECK(contains(missing(second, red, "orders.charge"), "none is"));
}

TEST_CASE("messages reveal nothing about the functions of other scopes") {
  registry functions;
  REQUIRE(functions.add(red, "orders.charge", returning(1)));
  REQUIRE(functions.add(blue, "billing.vat", returning(1)));
  CHECK(missing(functions, blue, "orders.charge") ==
        "no such function: \"orders.charge\"; registered: billing.vat");
  CHECK_FALSE(contains(missing(functions, blue, "orders.chrge"), "did you mean"));
  REQUIRE(functions.list(blue).size() == 1);
  const auto removed = functions.remove(blue, "orders.charge");
  REQUIRE_FALSE(removed);
  CHECK(removed.error().message == missing(functions, blue, "orders.charge"));
  // The message is the same for a scope that has never registered a function.
  CHECK(missing(functions, scope_name{"green"}, "orders.charge") ==
        "no such function: \"orders.charge\"; none is registered");
}

TEST_CASE("a lookup of a misspelt function suggests the right one") {
  registry functions;
  REQUIRE(functions.add(red, "orders.charge", returning(1)));
  REQUIRE(functions.add_built_in("core.echo", returning(1)));
  CHECK(missing(functions, red, "orders.chrage") ==
        "no such function: \"orders.chrage\"; did you mean \"orders.charge\"?");
  CHECK(contains(missing(functions, red, "core.ecco"), "\"core.echo\"?"));
  for (int i = 0; i < 20; ++i) REQUIRE(functions.add(red, "f" + std::to_string(i), returning(1)));
  CHECK(contains(missing(functions, red, "something.else.altogether"), "and 12 more"));
}

TEST_CASE("a lookup of an invalid name reports the broken rule") {
  const registry functions;
  const auto found = functions.find(red, "../../etc/passwd");
  REQUIRE_FALSE(found);
  CHECK(found.error().code == errc::invalid_argument);
  CHECK(found.error().type == "code_ref.dots");
}

TEST_CASE("built-ins are in every scope and cannot be replaced") {
  registry functions;
  REQUIRE(functions.add_built_in("core.echo", returning("built in")));
  CHECK(called(functions, red, "core.echo") == "built in");
  CHECK(called(functions, blue, "core.echo") == "built in");
  REQUIRE(functions.list(red).size() == 1);
  CHECK(functions.list(red)[0]->built_in);
  for (const char* name : {"core.echo", "core.mine"}) {
    const auto added = functions.add(red, name, returning(1), {.replace = true});
    REQUIRE_FALSE(added);
    CHECK(added.error().code == errc::invalid_argument);
  }
  CHECK_FALSE(functions.remove(red, "core.echo"));
  CHECK_FALSE(functions.add_built_in("mine", returning(1)));
  CHECK_FALSE(functions.add_built_in("core.echo", returning(1)));
  CHECK(called(functions, red, "core.echo") == "built in");
}

TEST_CASE("a removed function still works for its holders") {
  registry functions;
  REQUIRE(functions.add(red, "f", returning("old")));
  const auto kept = *functions.find(red, "f");
  REQUIRE(functions.add(red, "f", returning("new"), {.replace = true}));
  CHECK(*pawl::functions::test_step{}.call(kept->body) == "old");
  CHECK(called(functions, red, "f") == "new");
}

TEST_CASE("8 threads register, find, list, replace and remove at once") {
  registry functions;
  REQUIRE(functions.add_built_in("core.echo", returning(1)));
  std::atomic<int> wrong{0};
  const auto work = [&](int thread) {
    const scope_name scope{thread % 2 == 0 ? "red" : "blue"};
    const auto mine = "own.f" + std::to_string(thread);
    for (int i = 0; i < 300; ++i) {
      if (!functions.add(scope, mine, returning(thread))) ++wrong;
      const auto found = functions.find(scope, mine);
      if (!found || (*found)->code_ref != mine) ++wrong;
      if (!functions.find(scope, "core.echo")) ++wrong;
      const auto shared = functions.add(scope, "shared", returning(thread), {.replace = true});
      if (!shared || !functions.find(scope, "shared")) ++wrong;
      for (const auto& seen : functions.list(scope)) {
        const auto& name = seen->code_ref;
        const bool of_scope =
            name == "core.echo" || name == "shared" || (name.back() - '0') % 2 == thread % 2;
        if (!of_scope) ++wrong;
      }
      if (!functions.remove(scope, mine)) ++wrong;
    }
  };
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 8; ++thread) threads.emplace_back(work, thread);
  threads.clear();
  CHECK(wrong == 0);
  CHECK(functions.list(red).size() == 2);
}
