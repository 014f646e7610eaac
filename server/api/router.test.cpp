#include "server/api/router.hpp"

#include "tests/support/catch.hpp"

using namespace pawl::server;

namespace {

void no_handler(const call_ptr&) {}

router make_routes() {
  router made;
  for (const auto& [method, pattern] : {std::pair{"GET", "/v1/runs"},
                                        {"POST", "/v1/runs"},
                                        {"GET", "/v1/runs/{id}"},
                                        {"GET", "/v1/runs/{id}/state"},
                                        {"GET", "/v1/runs/special"},
                                        {"DELETE", "/v1/flows/{name}"}}) {
    made.add({method, pattern, pattern, role::reader, no_handler});
  }
  return made;
}

const router& some_routes() {
  static const router made = make_routes();
  return made;
}

}  // namespace

TEST_CASE("a path matches its route and yields its values", "[router]") {
  const auto found = some_routes().find("GET", "/v1/runs/r-1/state");
  REQUIRE(found.route != nullptr);
  CHECK(found.route->pattern == "/v1/runs/{id}/state");
  CHECK(found.values.at("id") == "r-1");
}

TEST_CASE("a slash in a name is encoded", "[router]") {
  const auto found = some_routes().find("DELETE", "/v1/flows/a%2Fb%20c");
  REQUIRE(found.route != nullptr);
  CHECK(found.values.at("name") == "a/b c");
  CHECK(some_routes().find("DELETE", "/v1/flows/a/b").route == nullptr);
}

TEST_CASE("literal segments take precedence over variables", "[router]") {
  CHECK(some_routes().find("GET", "/v1/runs/special").route->pattern == "/v1/runs/special");
}

TEST_CASE("HEAD uses the GET route", "[router]") {
  CHECK(some_routes().find("HEAD", "/v1/runs").route->method == "GET");
}

TEST_CASE("a wrong method yields the allowed methods", "[router]") {
  const auto found = some_routes().find("PUT", "/v1/runs");
  CHECK(found.route == nullptr);
  CHECK(found.allowed == "GET, HEAD, POST");
}

TEST_CASE("unknown paths have no route", "[router]") {
  for (const auto* path : {"/", "/v1", "/v1/runs/", "/v1/runs//state", "/v2/runs", "/v1/runs/a/b/c",
                           "//v1/runs", "/v1%2Fruns"}) {
    INFO(path);
    const auto found = some_routes().find("GET", path);
    CHECK(found.route == nullptr);
    CHECK(found.allowed.empty());
  }
}

TEST_CASE("a path with invalid encoding is reported separately", "[router]") {
  for (const auto* path : {"/v1/runs/%", "/v1/runs/%2", "/v1/runs/%zz"})
    CHECK(some_routes().find("GET", path).bad_encoding);
}
