#include "server/api/etag.hpp"
#include "server/api/media_type.hpp"
#include "server/api/object_reader.hpp"
#include "server/api/parameters.hpp"
#include "server/api/percent.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::server;
using namespace std::chrono_literals;

TEST_CASE("percent-encoding is decoded and validated", "[reading]") {
  CHECK(percent_decoded("a%20b%2fc+d") == "a b/c+d");
  CHECK(query_decoded("a+b%2B") == "a b+");
  CHECK_FALSE(percent_decoded("%"));
  CHECK_FALSE(percent_decoded("%4"));
  CHECK_FALSE(percent_decoded("%4g"));
  CHECK(percent_encoded("a b/ä") == "a%20b%2F%C3%A4");
}

TEST_CASE("query parameters are read by type", "[reading]") {
  constexpr std::string_view known[] = {"n", "on", "for", "v", "s", "t"};
  const auto read = parameters::parse("n=5&on=true&for=1.5s&v=1.2&s=failed&t=a%20b+c", known);
  REQUIRE(read);
  std::vector<diagnostic> diagnostics;
  CHECK(read->number("n", 1, 1, 10, diagnostics) == 5);
  CHECK(read->flag("on", false, diagnostics));
  CHECK(read->duration("for", 10s, diagnostics) == 1500ms);
  CHECK(read->version("v", diagnostics) == version{1, 2, 0});
  CHECK(read->status("s", diagnostics) == run_status::failed);
  CHECK(read->text("t") == "a b c");
  CHECK(diagnostics.empty());
}

TEST_CASE("invalid parameters are diagnostics with the allowed values", "[reading]") {
  constexpr std::string_view known[] = {"n", "on", "for", "v", "s"};
  const auto read = parameters::parse("n=11&on=yes&for=11s&v=x&s=gone", known);
  REQUIRE(read);
  std::vector<diagnostic> diagnostics;
  CHECK(read->number("n", 1, 1, 10, diagnostics) == 1);
  static_cast<void>(read->flag("on", false, diagnostics));
  CHECK_FALSE(read->duration("for", 10s, diagnostics));
  CHECK_FALSE(read->version("v", diagnostics));
  CHECK_FALSE(read->status("s", diagnostics));
  REQUIRE(diagnostics.size() == 5);
  CHECK(diagnostics[0].pointer == "?n");
  CHECK(pawl::testing::contains(diagnostics[0].message, "from 1 to 10"));
  CHECK(pawl::testing::contains(diagnostics[4].message, "running, paused"));
}

TEST_CASE("unknown, repeated and malformed parameters are reported together", "[reading]") {
  constexpr std::string_view known[] = {"limit", "status"};
  const auto read = parameters::parse("limt=1&limit=2&limit=3&x=%zz&status", known);
  REQUIRE_FALSE(read);
  REQUIRE(read.error().diagnostics.size() == 3);
  CHECK(pawl::testing::contains(read.error().diagnostics[0].message, "did you mean \"limit\""));
  CHECK(read.error().diagnostics[1].code == "repeated_parameter");
  CHECK(read.error().diagnostics[2].code == "bad_encoding");
}

TEST_CASE("an object's fields are read by type", "[reading]") {
  json body{{"name", "x"}, {"on", true}, {"n", 7}, {"object", {{"a", 1}}}, {"any", nullptr}};
  std::vector<diagnostic> diagnostics;
  object_reader fields{body, "", diagnostics};
  CHECK(fields.text("name") == "x");
  CHECK(fields.flag("on", false));
  CHECK(fields.number("n", 0, 1, 10) == 7);
  CHECK(fields.optional_object("object") == json{{"a", 1}});
  CHECK(fields.optional_value("any") == json(nullptr));
  CHECK_FALSE(fields.optional_value("none"));
  fields.finish();
  CHECK(diagnostics.empty());
}

TEST_CASE("all invalid fields of an object are reported with their pointers", "[reading]") {
  json body{{"on", 1}, {"n", -3}, {"object", json::array()}, {"itms", 1}, {"a/b", 1}};
  std::vector<diagnostic> diagnostics;
  object_reader fields{body, "/items/3", diagnostics};
  static_cast<void>(fields.text("name"));
  static_cast<void>(fields.flag("on", false));
  static_cast<void>(fields.number("n", 0, 1, 10));
  static_cast<void>(fields.optional_object("object"));
  CHECK(fields.items("items", 10) == nullptr);
  fields.finish();
  std::vector<std::string> places;
  for (const auto& each : diagnostics) places.push_back(each.pointer + " " + each.code);
  CHECK(places ==
        std::vector<std::string>{"/items/3/name missing_field", "/items/3/on invalid_field",
                                 "/items/3/n invalid_field", "/items/3/object invalid_field",
                                 "/items/3/items invalid_field", "/items/3/a~1b unknown_field",
                                 "/items/3/itms unknown_field"});
  CHECK(pawl::testing::contains(diagnostics.back().message, "did you mean \"items\""));
}

TEST_CASE("JSON is recognized by its media type", "[reading]") {
  CHECK(is_json("application/json"));
  CHECK(is_json("Application/JSON; charset=UTF-8"));
  CHECK_FALSE(is_json("application/json; charset=latin1"));
  CHECK_FALSE(is_json("text/plain"));
  CHECK_FALSE(is_json("application/jsonx"));
}

TEST_CASE("Accept is matched against the type of the answer", "[reading]") {
  for (const auto* accept : {"", "*/*", "application/*", "text/html, application/json;q=0.1",
                             "application/problem+json", "text/html, */*; q=0.8"})
    CHECK(accepts(accept, "application/json"));
  for (const auto* accept : {"text/html", "application/json;q=0", "*/*, application/json; q=0.0"})
    CHECK_FALSE(accepts(accept, "application/json"));
}

TEST_CASE("entity tags are compared", "[reading]") {
  CHECK(has_tag("\"1\", W/\"2\"", "\"2\""));
  CHECK(has_tag("*", "\"2\""));
  CHECK_FALSE(has_tag("\"22\"", "\"2\""));
  CHECK(checkpoint_of(read_if_match("\"17\"")) == 17);
  CHECK(read_if_match(" * ").any);
  for (const auto* text : {"17", "W/\"17\"", "\"1\", \"2\"", "\"x\"", "", "\""}) {
    INFO(text);
    CHECK(read_if_match(text).given);
    CHECK_FALSE(checkpoint_of(read_if_match(text)));
  }
}
