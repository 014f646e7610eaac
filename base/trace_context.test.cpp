#include <pawl/trace_context.hpp>

#include "tests/support/catch.hpp"

using namespace pawl;

namespace {

const std::string trace = "0af7651916cd43dd8448eb211c80319c", parent = "b7ad6b7169203331";

}  // namespace

TEST_CASE("a traceparent is parsed and formatted as W3C Trace Context specifies") {
  const std::string text = "00-" + trace + "-" + parent + "-01";
  const auto read = parse_traceparent(text);
  REQUIRE(read);
  CHECK(read->trace_id[0] == 0x0a);
  CHECK(read->trace_id[15] == 0x9c);
  CHECK(read->parent_id[0] == 0xb7);
  CHECK(read->flags == 1);
  CHECK(to_traceparent(*read) == text);
  CHECK(trace_id_text(*read) == trace);
}

TEST_CASE("undefined flags are not passed on") {
  for (const auto& [given, kept] : {std::pair{"00", 0}, {"02", 2}, {"03", 3}, {"fd", 1}}) {
    const auto read = parse_traceparent("00-" + trace + "-" + parent + "-" + given);
    REQUIRE(read);
    CHECK(read->flags == kept);
  }
}

TEST_CASE("of a later version the fields of version 00 are parsed") {
  const std::string known = trace + "-" + parent + "-01";
  for (const auto& text : {"01-" + known, "cc-" + known + "-what-the-future-will-be-like",
                           "fe-" + known + "-", "0a-" + known}) {
    INFO(text);
    const auto read = parse_traceparent(text);
    REQUIRE(read);
    CHECK(to_traceparent(*read) == "00-" + known);
  }
}

TEST_CASE("an invalid traceparent is parsed to none") {
  const std::string zeros(32, '0');
  const std::string good = "00-" + trace + "-" + parent + "-01";
  REQUIRE(parse_traceparent(good));
  for (const auto& text : {
           std::string{},
           std::string{"00"},
           good.substr(0, 54),
           good + "-",
           good + "0",
           good + "-what-the-future-will-be-like",
           " " + good,
           "ff" + good.substr(2),
           "cc" + good.substr(2) + ".what-the-future-will-be-like",
           "cc" + good.substr(2) + "01",
           "0A" + good.substr(2),
           "0g" + good.substr(2),
           "0" + good.substr(2) + "1",
           "00-" + zeros + "-" + parent + "-01",
           "00-" + trace + "-" + zeros.substr(16) + "-01",
           "00-0AF7651916CD43DD8448EB211C80319C-" + parent + "-01",
           "00-" + trace + "-B7AD6B7169203331-01",
           "00-" + trace + "-" + parent + "-0X",
           "00-" + trace + "-" + parent + "-A1",
           "00_" + trace + "-" + parent + "-01",
           "00-" + trace + "_" + parent + "-01",
           "00-" + trace + "-" + parent + "_01",
           "00-" + trace.substr(1) + "--" + parent + "-01",
           "00-" + trace.substr(1) + "\xc3-" + parent + "-01",
       }) {
    INFO(text);
    CHECK_FALSE(parse_traceparent(text));
  }
}
