#include "bench/compare.hpp"

#include "bench/results.hpp"
#include "tests/support/catch.hpp"

using pawl::json;
using pawl::bench::compare;
using pawl::bench::spread_of;
using pawl::bench::verdict;

namespace {

/// A document with one workload, whose other figures do not change.
json document(std::vector<double> rates, const char* workload = "linear-10") {
  const json same = spread_of({10});
  return {{"format", pawl::bench::document_format},
          {"machine", {{"cores", 2}}},
          {"settings", {{"rounds", 3}}},
          {"results",
           {{{"workload", workload},
             {"in_flight", 512},
             {"durability", "sync"},
             {"rate", spread_of(std::move(rates))},
             {"cpu_us_per_item", same},
             {"p50_us", same},
             {"p99_us", same},
             {"latency_us", json::object()}}}}};
}

verdict rate_verdict(std::vector<double> before, std::vector<double> after, double noise = 5) {
  const auto all = compare(document(std::move(before)), document(std::move(after)), noise);
  REQUIRE(all);
  for (const auto& each : all->changes) {
    if (each.figure == "rate") continue;
    CHECK(each.what == verdict::same);
  }
  CHECK(all->any_worse() == (all->changes.front().what == verdict::worse));
  return all->changes.front().what;
}

}  // namespace

TEST_CASE("a change within the spread of the rounds is noise", "[compare]") {
  CHECK(rate_verdict({90, 100, 110}, {80, 85, 91}) == verdict::same);
  CHECK(rate_verdict({80, 85, 91}, {90, 100, 110}) == verdict::same);
}

TEST_CASE("a change beyond the spread and the noise is better or worse", "[compare]") {
  CHECK(rate_verdict({98, 100, 102}, {85, 90, 91}) == verdict::worse);
  CHECK(rate_verdict({98, 100, 102}, {110, 111, 120}) == verdict::better);
}

TEST_CASE("a change of at most the given noise is none, however small the spread", "[compare]") {
  CHECK(rate_verdict({100, 100, 100}, {96, 96, 96}, 5) == verdict::same);
  CHECK(rate_verdict({100, 100, 100}, {96, 96, 96}, 3) == verdict::worse);
}

TEST_CASE("more is worse for times", "[compare]") {
  json slower = document({100});
  slower["results"][0]["p99_us"] = spread_of({20});
  const auto all = compare(document({100}), slower, 5);
  REQUIRE(all);
  CHECK(all->any_worse());
  CHECK(all->changes.back().figure == "p99_us");
  CHECK(all->changes.back().percent == 100);
}

TEST_CASE("a comparison names what differs besides the figures", "[compare]") {
  json after = document({100});
  after["machine"]["cores"] = 8;
  after["results"].push_back(document({1}, "linear-1")["results"][0]);
  const auto all = compare(document({100}), after, 5);
  REQUIRE(all);
  REQUIRE(all->warnings.size() == 1);
  CHECK(all->warnings[0].find("cores is 2 and 8") != std::string::npos);
  CHECK(all->only_after == std::vector<std::string>{"linear-1, 512 in flight, sync"});
}

TEST_CASE("documents without a common workload and other files are refused", "[compare]") {
  CHECK_FALSE(compare(document({1}), document({1}, "alone"), 5));
  CHECK(pawl::bench::check_document(document({1}), "a.json"));
  json broken = document({1});
  broken["results"][0]["rate"] = 7;
  for (const json& wrong :
       {json(), json(3), json::object(), json{{"format", "pawl-bench-1"}}, broken}) {
    const auto checked = pawl::bench::check_document(wrong, "a.json");
    REQUIRE_FALSE(checked);
    CHECK(checked.error().message.find("a.json") != std::string::npos);
  }
}

TEST_CASE("a spread has the median, the extremes and all rounds", "[results]") {
  const json of = spread_of({3, 1, 2});
  CHECK(of == json{{"median", 2}, {"min", 1}, {"max", 3}, {"rounds", {3, 1, 2}}});
  CHECK(spread_of({4, 1, 3, 2}).at("median") == 2.5);
  CHECK(spread_of({123'456}).at("median") == 123'500);
  CHECK(spread_of({0.123456}).at("median") == 0.1235);
}
