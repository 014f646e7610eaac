#include "tests/linear/family.hpp"

#include "tests/support/catch.hpp"

using namespace pawl::linear;
using pawl::json;

namespace {

/// The records of a family whose second child failed once and was retried by call 2.
std::vector<json> good_records() {
  return {
      {{"call", 1}, {"client", 1}, {"run", "p"}, {"do", "start"}},
      {{"answer", 1}, {"status", "running"}, {"created", true}},
      {{"function", "d/p/before/1"}, {"run", "p"}, {"node", "before"}},
      {{"function", "d/c1/first/1"}, {"run", "c1"}, {"node", "first"}},
      {{"function", "d/c1/second/1"}, {"run", "c1"}, {"node", "second"}},
      {{"function", "d/c2/first/1"}, {"run", "c2"}, {"node", "first"}},
      {{"function", "d/c2/second/1"}, {"run", "c2"}, {"node", "second"}},
      {{"call", 2}, {"client", 1}, {"run", "c2"}, {"do", "retry"}},
      {{"answer", 2}, {"status", "running"}, {"before", "failed"}},
      {{"function", "d/c2/second/1"}, {"run", "c2"}, {"node", "second"}},
      {{"function", "d/p/after/1"}, {"run", "p"}, {"node", "after"}},
      {{"call", 3}, {"client", 0}, {"run", "p"}, {"do", "get"}},
      {{"answer", 3}, {"status", "completed"}},
      {{"event", "run_created"}, {"run", "p"}, {"checkpoint", 1}},
      {{"event", "child_started"},
       {"run", "p"},
       {"checkpoint", 2},
       {"node", "one"},
       {"visit", 1},
       {"started", "c1"}},
      {{"event", "child_started"},
       {"run", "p"},
       {"checkpoint", 3},
       {"node", "two"},
       {"visit", 1},
       {"started", "c2"}},
      {{"child", "c1"}, {"of", "p"}},
      {{"child", "c2"}, {"of", "p"}},
      {{"event", "run_retried"}, {"run", "c2"}, {"checkpoint", 4}, {"caused_by", 2}},
  };
}

std::vector<std::string> findings_of(const std::vector<json>& records) {
  history all;
  for (const auto& each : records) all.add(each);
  all.end_life();
  return audit_families(all);
}

/// The only contradiction of the good records with one more at a place.
std::string only_finding(std::size_t place, json record) {
  auto records = good_records();
  records.insert(records.begin() + static_cast<std::ptrdiff_t>(place), std::move(record));
  const auto all = findings_of(records);
  CAPTURE(all);
  REQUIRE(all.size() == 1);
  return all[0];
}

json function_of(const char* run, const char* node) {
  return {{"function", "d/" + std::string{run} + "/" + node + "/1"}, {"run", run}, {"node", node}};
}

}  // namespace

TEST_CASE("a family whose failed steps alone are called again has no findings", "[linear][audit]") {
  CHECK(findings_of({}).empty());
  CHECK(findings_of(good_records()).empty());
}

TEST_CASE("a second child run of a visit is found", "[linear][audit]") {
  const std::string listed = only_finding(16, {{"child", "c3"}, {"of", "p"}});
  CHECK(listed == "p has a child run that no visit started: c3");
  CHECK(only_finding(16, {{"event", "child_started"},
                          {"run", "p"},
                          {"checkpoint", 4},
                          {"node", "two"},
                          {"visit", 1},
                          {"started", "c3"}}) == "p has started 2 child runs for visit 1 of two");
}

TEST_CASE("a finished step that is called again is found", "[linear][audit]") {
  CHECK(only_finding(9, function_of("c2", "first")) ==
        "p has called step 3 two/first again after step 3 two/second");
  CHECK(only_finding(5, function_of("p", "before")) ==
        "p has called step 1 before again after step 2 one/second");
}

TEST_CASE("a step that is called with another idempotency key is found", "[linear][audit]") {
  json other = function_of("c2", "second");
  other["function"] = "d/c2/second/2";
  CHECK(only_finding(9, other) ==
        "p has called step 3 two/second with two keys: d/c2/second/1, d/c2/second/2");
}

TEST_CASE("a parent that does not complete and a retry that is lost are found", "[linear][audit]") {
  auto records = good_records();
  records[12]["status"] = "failed";
  REQUIRE(findings_of(records).size() == 1);
  CHECK(findings_of(records)[0].find("p does not complete") == 0);
  records = good_records();
  records.pop_back();
  REQUIRE(findings_of(records).size() == 1);
  CHECK(findings_of(records)[0].find("c2 is in the run's history 0 times") == 0);
}
