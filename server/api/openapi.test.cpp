#include <map>
#include <set>

#include <pawl/json.hpp>

#include "server/api/document.hpp"
#include "server/api/routes.hpp"
#include "server/problem.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::server;

namespace {

/// Follows {"$ref": "#/components/…"}.
const json& resolved(const json& document, const json& thing) {
  if (!thing.contains("$ref")) return thing;
  return document.at(json::json_pointer(thing["$ref"].get<std::string>().substr(1)));
}

/// The operations of the document by "GET /v1/runs".
std::map<std::string, json> described_operations(const json& document) {
  std::map<std::string, json> all;
  for (const auto& path : document["paths"].items())
    for (const auto& each : path.value().items()) {
      if (each.key() == "parameters") continue;
      std::string method = each.key();
      std::transform(method.begin(), method.end(), method.begin(), ::toupper);
      json operation = each.value();
      operation["path_parameters"] = path.value().value("parameters", json::array());
      all.emplace(method + " " + path.key(), std::move(operation));
    }
  return all;
}

std::set<std::string> names_in(const json& document, const json& parameters,
                               std::string_view where) {
  std::set<std::string> names;
  for (const auto& each : parameters) {
    const json& parameter = resolved(document, each);
    if (parameter["in"] == where) names.insert(parameter["name"].get<std::string>());
  }
  return names;
}

std::set<std::string> variables_of(std::string_view pattern) {
  std::set<std::string> names;
  for (auto open = pattern.find('{'); open != pattern.npos; open = pattern.find('{', open + 1))
    names.emplace(pattern.substr(open + 1, pattern.find('}', open) - open - 1));
  return names;
}

void check_operation(const json& document, const route& route, const json& operation) {
  CHECK(operation["operationId"] == route.name);
  CHECK(operation.contains("summary"));
  const json parameters = operation.value("parameters", json::array());
  const std::set<std::string> query(route.parameters.begin(), route.parameters.end());
  CHECK(names_in(document, parameters, "query") == query);
  CHECK(names_in(document, operation["path_parameters"], "path") == variables_of(route.pattern));
  CHECK(operation.contains("requestBody") == (route.body != body_kind::none));
  if (operation.contains("requestBody"))
    CHECK(operation["requestBody"]["required"] == (route.body != body_kind::optional_object));
  const auto headers = names_in(document, parameters, "header");
  CHECK(headers.contains("Pawl-Scope") == route.role.has_value());
  CHECK(headers.contains("Idempotency-Key") == (route.method == "POST"));
  if (route.role) {
    CHECK(operation["x-role"] == to_string(*route.role));
    CHECK(operation.value("x-every-scope", false) == route.server_wide);
  } else {
    CHECK(operation["security"] == json::array());
  }
  const json& answers = operation["responses"];
  for (const auto* status : {"400", "406", "500", "default"}) CHECK(answers.contains(status));
  CHECK(answers.contains("401") == route.role.has_value());
  CHECK(answers.contains("415") == (route.body != body_kind::none));
  CHECK(answers.contains("304") == headers.contains("If-None-Match"));
  CHECK(answers.contains("412") == headers.contains("If-Match"));
}

}  // namespace

TEST_CASE("the OpenAPI document describes exactly the routes", "[openapi]") {
  const json document = json::parse(openapi_json());
  auto described = described_operations(document);
  const router routes = all_routes();
  for (const auto& route : routes.routes()) {
    const std::string name = std::string{route.method} + " " + std::string{route.pattern};
    INFO(name);
    const auto found = described.find(name);
    REQUIRE(found != described.end());
    check_operation(document, route, found->second);
    described.erase(found);
  }
  for (const auto& left : described) FAIL_CHECK("documented but missing route: " << left.first);
}

TEST_CASE("the OpenAPI document lists every problem code", "[openapi]") {
  const json document = json::parse(openapi_json());
  std::set<std::string> codes;
  for (const auto& kind : problem_kinds()) codes.emplace(kind.name);
  const json& schema = document["components"]["schemas"]["problem"]["properties"]["code"]["enum"];
  CHECK(schema.get<std::set<std::string>>() == codes);
  CHECK(schema.size() == codes.size());
}

TEST_CASE("operations have unique names", "[openapi]") {
  std::set<std::string_view> names;
  const router routes = all_routes();
  for (const auto& route : routes.routes()) CHECK(names.insert(route.name).second);
}

TEST_CASE("the HTML page lists every operation", "[openapi]") {
  const router routes = all_routes();
  for (const auto& route : routes.routes()) {
    const std::string heading = std::string{route.method} + " " + std::string{route.pattern};
    CHECK(openapi_page().find("<code>" + heading + "</code>") != std::string_view::npos);
  }
}
