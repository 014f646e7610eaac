#include <string>

#include "flow/testing/driven_run.hpp"
#include "flow/testing/flows.hpp"
#include "flow/values/duration.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

TEST_CASE("the message about a value that is not a duration says why", "[duration]") {
  const std::string forms = std::string{"; it must be "} + duration_forms;
  CHECK(why_no_duration("5") == "is \"5\" (the unit is missing)" + forms);
  CHECK(why_no_duration("5y") == "is \"5y\" (unknown unit \"y\")" + forms);
  CHECK(why_no_duration("5 s") == "is \"5 s\" (unknown unit \" s\")" + forms);
  CHECK(why_no_duration("-5s") == "is \"-5s\" (it is negative)" + forms);
  CHECK(why_no_duration("101000d") == "is \"101000d\" (it is longer than 100 years)" + forms);
  CHECK(why_no_duration(-1) == "is -1 (it is negative)" + forms);
  CHECK(why_no_duration(1e300) == "is 1e+300 (it is longer than 100 years)" + forms);
  CHECK(why_no_duration("soon") == "is \"soon\"" + forms);
  CHECK(why_no_duration(true) == "is true" + forms);
}

TEST_CASE("the message about a value that is not a time says why", "[duration]") {
  const std::string forms = std::string{"; it must be "} + timestamp_forms;
  CHECK(why_no_timestamp("2026-01-31") ==
        "is \"2026-01-31\" (the time of day is missing or incomplete)" + forms);
  CHECK(why_no_timestamp("2026-02-30T00:00:00Z") ==
        "is \"2026-02-30T00:00:00Z\" (the month has no day 30)" + forms);
  CHECK(why_no_timestamp("2026-13-01T00:00:00Z") ==
        "is \"2026-13-01T00:00:00Z\" (there is no month 13)" + forms);
  CHECK(why_no_timestamp("2026-01-31T24:00:00Z") ==
        "is \"2026-01-31T24:00:00Z\" (there is no such time of day)" + forms);
  CHECK(why_no_timestamp("2026-01-31T09:30:00") ==
        "is \"2026-01-31T09:30:00\" (the offset from UTC is missing or invalid, such as Z or "
        "+01:00)" +
            forms);
  CHECK(why_no_timestamp("2026-01-31T09:30:00Zx") ==
        "is \"2026-01-31T09:30:00Zx\" (\"x\" after the time)" + forms);
  CHECK(why_no_timestamp(1e12) == "is 1000000000000.0 (it is after the year 9999)" + forms);
  CHECK(why_no_timestamp("now") == "is \"now\"" + forms);
}

TEST_CASE("a bad duration or time of a node is reported with the reason", "[duration]") {
  const auto message = [](const char* key, const json& value, const char* code) {
    return message_of(chain({start(), node_of("w", "wait", {{key, value}})}), code);
  };
  CHECK(mentions(message("duration", "5y", "bad_duration"),
                 "\"duration\" is \"5y\" (unknown unit \"y\")"));
  CHECK(mentions(message("until", "2026-02-30T00:00:00Z", "bad_timestamp"),
                 "\"until\" is \"2026-02-30T00:00:00Z\" (the month has no day 30)"));
  driven_run run{chain({start(), node_of("w", "wait", {{"duration", var("time")}})})};
  REQUIRE(run.begin({{"time", "5"}}));
  CHECK(mentions(run.state().error->message, "\"duration\" is \"5\" (the unit is missing)"));
}
