#include <pawl/time.hpp>

#include <string>

#include "tests/support/catch.hpp"

namespace {

/// The moment as text in UTC, or "refused".
std::string in_utc(std::string_view text) {
  const auto read = pawl::parse_rfc3339(text);
  return read ? pawl::to_rfc3339(*read) : "refused";
}

}  // namespace

TEST_CASE("a time is parsed with any offset") {
  CHECK(in_utc("2026-01-31T09:30:00Z") == "2026-01-31T09:30:00.000Z");
  CHECK(in_utc("2026-01-31T10:30:00+01:00") == "2026-01-31T09:30:00.000Z");
  CHECK(in_utc("2026-01-31T00:30:00-09:30") == "2026-01-31T10:00:00.000Z");
  CHECK(in_utc("2025-12-31T23:30:00-01:00") == "2026-01-01T00:30:00.000Z");
  CHECK(in_utc("2026-01-31t09:30:00z") == "2026-01-31T09:30:00.000Z");
  CHECK(in_utc("2026-01-31 09:30:00Z") == "2026-01-31T09:30:00.000Z");
  CHECK(in_utc("1969-12-31T23:59:59.5Z") == "1969-12-31T23:59:59.500Z");
  CHECK(in_utc("2024-02-29T00:00:00Z") == "2024-02-29T00:00:00.000Z");
  CHECK(in_utc("2016-12-31T23:59:60Z") == "2017-01-01T00:00:00.000Z");  // a leap second
}

TEST_CASE("a time is parsed to the microsecond") {
  CHECK(pawl::to_unix_us(*pawl::parse_rfc3339("1970-01-01T00:00:00.1Z")) == 100'000);
  CHECK(pawl::to_unix_us(*pawl::parse_rfc3339("1970-01-01T00:00:01.000001Z")) == 1'000'001);
  CHECK(pawl::to_unix_us(*pawl::parse_rfc3339("1970-01-01T00:00:00.1234567899Z")) == 123'456);
}

TEST_CASE("an invalid time is refused and quoted") {
  for (const char* bad : {"",
                          "2026",
                          "2026-01-31",
                          "2026-01-31T09:30Z",
                          "2026-01-31T09:30:00",
                          "2026-01-31T09:30:00+1:00",
                          "2026-01-31T09:30:00+24:00",
                          "2026-01-31T09:30:00+01:60",
                          "2026-01-31T24:00:00Z",
                          "2026-01-31T09:60:00Z",
                          "2026-01-31T09:30:61Z",
                          "2026-02-29T00:00:00Z",
                          "2026-13-01T00:00:00Z",
                          "2026-00-01T00:00:00Z",
                          "2026-01-00T00:00:00Z",
                          "2026-01-31T09:30:00.Z",
                          "2026-01-31T09:30:00Z ",
                          " 2026-01-31T09:30:00Z",
                          "-026-01-31T09:30:00Z",
                          "2026-1-31T09:30:00Z",
                          "26-01-31T09:30:00Z",
                          "2026-01-31T09:30:00ZZ",
                          "2026-01-31T-9:30:00Z",
                          "now"}) {
    CAPTURE(bad);
    CHECK(in_utc(bad) == "refused");
  }
  const auto refused = pawl::parse_rfc3339("soon");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == pawl::errc::invalid_argument);
  CHECK(refused.error().message == "invalid time: \"soon\"; use the form 2026-01-31T09:30:00Z");
}

TEST_CASE("a formatted time is parsed to the same time") {
  for (const std::int64_t us : {std::int64_t{0}, std::int64_t{1'700'000'000'123'000},
                                std::int64_t{-1'000}, std::int64_t{253'402'300'799'999'000}}) {
    const auto time = pawl::from_unix_us(us);
    CHECK(*pawl::parse_rfc3339(pawl::to_rfc3339(time)) == time);
  }
}
