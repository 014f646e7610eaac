#include "server/problem.hpp"

#include <map>
#include <set>

#include "server/views.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::server;

namespace {

/// Every error code of the engine with the problem code and status that it maps to.
const std::map<errc, std::pair<std::string, unsigned>> expected_problems = {
    {errc::invalid_argument, {"invalid_argument", 400}},
    {errc::invalid_flow, {"invalid_flow", 422}},
    {errc::invalid_rule, {"invalid_rule", 422}},
    {errc::not_found, {"not_found", 404}},
    {errc::already_exists, {"already_exists", 409}},
    {errc::illegal_transition, {"illegal_transition", 409}},
    {errc::conflict, {"conflict", 409}},
    {errc::overloaded, {"overloaded", 429}},
    {errc::timed_out, {"timed_out", 408}},
    {errc::cancelled, {"internal", 500}},
    {errc::function_failed, {"internal", 500}},
    {errc::limit_exceeded, {"limit_exceeded", 422}},
    {errc::unavailable, {"unavailable", 503}},
    {errc::io_failed, {"io_failed", 500}},
    {errc::storage_full, {"storage_full", 507}},
    {errc::read_only, {"io_failed", 500}},
    {errc::locked, {"unavailable", 503}},
    {errc::corrupt, {"corrupt", 500}},
    {errc::schema_newer, {"unavailable", 503}},
    {errc::interrupted, {"internal", 500}},
    {errc::not_supported, {"not_supported", 501}},
};

}  // namespace

TEST_CASE("every error code of the engine maps to a problem code and a status", "[problem]") {
  for (int i = 0; to_string(static_cast<errc>(i)) != "unknown"; ++i) {
    const auto code = static_cast<errc>(i);
    INFO(to_string(code));
    REQUIRE(expected_problems.contains(code));
    const auto& [name, status] = expected_problems.at(code);
    const problem made = problem_of({code, "a sentence"});
    CHECK(kind_of(made.code).name == name);
    CHECK(kind_of(made.code).status == status);
    CHECK(made.detail == "a sentence");
  }
}

TEST_CASE("a failed precondition and a lost lease have their own problem codes", "[problem]") {
  const auto status = [](const char* type) {
    return kind_of(problem_of({errc::conflict, "", type}).code).status;
  };
  CHECK(status("checkpoint_moved") == 412);
  CHECK(status("version_moved") == 412);
  CHECK(kind_of(problem_of({errc::conflict, "", "lease_lost"}).code).name == "lease_lost");
  CHECK(status("something") == 409);
}

TEST_CASE("a problem is serialized according to RFC 9457", "[problem]") {
  const problem refused{problem_code::invalid_flow,
                        "the flow has 1 error",
                        "",
                        {{severity::error, "/nodes/1", "unknown_node_type", "no such type"}}};
  const auto answer = to_response(refused, "r-1");
  CHECK(answer.status == 422);
  CHECK(answer.fields.find("Content-Type") == "application/problem+json");
  const json diagnostics = {{{"severity", "error"},
                             {"pointer", "/nodes/1"},
                             {"code", "unknown_node_type"},
                             {"message", "no such type"}}};
  CHECK(json::parse(answer.body) == json{{"type", "urn:pawl:error:invalid_flow"},
                                         {"title", "Invalid flow"},
                                         {"status", 422},
                                         {"code", "invalid_flow"},
                                         {"detail", "the flow has 1 error"},
                                         {"request_id", "r-1"},
                                         {"diagnostics", diagnostics},
                                         {"faults", diagnostics}});
}

TEST_CASE("an overloaded or unavailable server sets Retry-After", "[problem]") {
  CHECK(problem_of({errc::overloaded, ""}).fields.find("Retry-After"));
  CHECK(problem_of({errc::unavailable, ""}).fields.find("Retry-After"));
  CHECK_FALSE(problem_of({errc::not_found, ""}).fields.find("Retry-After"));
}

TEST_CASE("an answer with status 429 or 503 has Retry-After", "[problem]") {
  for (const auto& kind : problem_kinds()) {
    INFO(kind.name);
    const bool retryable = kind.status == 429 || kind.status == 503;
    CHECK(to_response({kind.code, ""}, "").fields.find("Retry-After").has_value() == retryable);
  }
}

TEST_CASE("a problem includes the class of its error", "[problem]") {
  CHECK(to_json(problem_of({errc::conflict, "", "checkpoint_moved"}))["class"] ==
        "checkpoint_moved");
  CHECK_FALSE(to_json(problem_of({errc::conflict, ""})).contains("class"));
}

TEST_CASE("problem codes have unique names", "[problem]") {
  std::set<std::string_view> names;
  for (const auto& kind : problem_kinds()) {
    CHECK(names.insert(kind.name).second);
    CHECK(&kind_of(kind.code) == &kind);
  }
}
