#include "flow/values/duration.hpp"

#include <limits>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace std::chrono_literals;

TEST_CASE("a duration is a string with a unit or a number of seconds", "[duration]") {
  CHECK(duration_of("250ms") == 250ms);
  CHECK(duration_of("1.5m") == 90s);
  CHECK(duration_of(0) == 0ms);
  CHECK(duration_of(2.5) == 2500ms);
  CHECK(duration_of(3'153'600'000) == max_duration);
}

TEST_CASE("an invalid duration is rejected", "[duration]") {
  const double infinite = std::numeric_limits<double>::infinity();
  const double not_a_number = std::numeric_limits<double>::quiet_NaN();
  for (const json& bad : {json(-1), json(-0.001), json(3'153'600'001), json(1e300), json(infinite),
                          json(not_a_number), json("5"), json(""), json("-5s"), json("5 s"),
                          json("5y"), json("1e300d"), json("nands"), json("infs"), json(true),
                          json(nullptr), json::array({1}), json::object()}) {
    CAPTURE(bad.dump());
    CHECK(duration_of(bad) == std::nullopt);
  }
}

TEST_CASE("a time is a string or a number of seconds since 1970", "[duration]") {
  CHECK(timestamp_of("1970-01-01T00:00:01Z") == from_unix_us(1'000'000));
  CHECK(timestamp_of(1.5) == from_unix_us(1'500'000));
  CHECK(timestamp_of(0) == from_unix_us(0));
  CHECK(timestamp_of(253'402'300'799) == from_unix_us(253'402'300'799'000'000));
  for (const json& bad : {json(-1), json(253'402'300'800), json(1e300), json("now"), json(""),
                          json("2026-01-31"), json(true), json(nullptr), json::array()})
    CHECK(timestamp_of(bad) == std::nullopt);
}

TEST_CASE("a long value is abbreviated without splitting a character", "[duration]") {
  CHECK(abbreviated({{"a", 1}}) == "{\"a\":1}");
  CHECK(abbreviated("caf\u00e9") == "\"caf\\u00e9\"");
  const std::string longer = abbreviated(std::string(49, 'x') + std::string(100, '\xff'));
  CHECK(longer.size() == 103);
  CHECK(longer.ends_with("..."));
}
