#include <pawl/run_attributes.hpp>

#include <limits>

#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using pawl::testing::contains;

namespace {

const time_point new_year = *parse_rfc3339("2026-01-01T00:00:00Z");

attribute_value read_back(const json& value) {
  const auto read = attribute_from_json(value);
  REQUIRE(read);
  return *read;
}

}  // namespace

TEST_CASE("a value without quotes is of the type that it looks like", "[attributes]") {
  CHECK(plain_attribute("acme") == attribute_value{"acme"});
  CHECK(plain_attribute("42") == attribute_value{42.0});
  CHECK(plain_attribute("-0.5e2") == attribute_value{-50.0});
  CHECK(plain_attribute("true") == attribute_value{true});
  CHECK(plain_attribute("2026-01-01") == attribute_value{new_year});
  CHECK(plain_attribute("2026-01-01T01:00:00+01:00") == attribute_value{new_year});
  for (const char* const text : {"", "nan", "inf", "-inf", "1e999", "4 2", "+1", "0x10", "True"})
    CHECK(plain_attribute(text) == attribute_value{std::string{text}});
}

TEST_CASE("a value in quotes is a text", "[attributes]") {
  CHECK(parse_attribute(R"("42")").value() == attribute_value{"42"});
  CHECK(parse_attribute(R"("a \"b\" \\")").value() == attribute_value{R"(a "b" \)"});
  CHECK_FALSE(parse_attribute(R"("42)"));
  CHECK_FALSE(parse_attribute(R"("4"2)"));
}

TEST_CASE("values are written so that they are read as the same values", "[attributes]") {
  for (const attribute_value& value :
       {attribute_value{"acme"}, attribute_value{"42"}, attribute_value{"a b"}, attribute_value{""},
        attribute_value{R"(a"b\)"}, attribute_value{"true"}, attribute_value{-0.25},
        attribute_value{1e300}, attribute_value{9007199254740992.0}, attribute_value{false},
        attribute_value{new_year}, attribute_value{"2026-01-01"}}) {
    CAPTURE(attribute_to_text(value));
    CHECK(parse_attribute(attribute_to_text(value)).value() == value);
    CHECK(read_back(attribute_to_json(value)) == value);
  }
  CHECK(attribute_to_json(attribute_value{3.0}).dump() == "3");
}

TEST_CASE("JSON that cannot be an attribute is refused with a hint", "[attributes]") {
  for (const json& value : {json(nullptr), json::array(), json{{"a", 1}}, json{{"time", 5}}}) {
    const auto read = attribute_from_json(value);
    REQUIRE_FALSE(read);
    CHECK(contains(read.error().message, "must be a text, a number, a boolean or a time"));
  }
  for (const json& number : {json(9007199254740993), json(-9007199254740993), json(~0ull)})
    CHECK(contains(attribute_from_json(number).error().message, "too large to be kept exactly"));
  CHECK_FALSE(attribute_from_json({{"time", "soon"}}));
  CHECK(read_back(-0.0) == read_back(0));
}

TEST_CASE("texts, numbers, times, names and their number are bounded", "[attributes]") {
  CHECK(check_attribute(std::string(256, 'x')));
  CHECK(check_attribute(std::string(257, 'x')).error().code == errc::limit_exceeded);
  CHECK_FALSE(check_attribute(std::string{"\xff"}));
  CHECK_FALSE(check_attribute(std::string(1, '\0')));
  CHECK_FALSE(check_attribute(std::numeric_limits<double>::quiet_NaN()));
  CHECK_FALSE(check_attribute(time_point::max()));
  CHECK(check_attribute_name("order.customer_id-2"));
  CHECK_FALSE(check_attribute_name(""));
  CHECK_FALSE(check_attribute_name("a b"));
  CHECK_FALSE(check_attribute_name(std::string(65, 'x')));
  attribute_map many;
  for (std::size_t i = 0; i < max_attributes; ++i) many["a" + std::to_string(i)] = true;
  CHECK(check_attributes(many));
  many["one more"] = true;
  CHECK(check_attributes(many).error().code == errc::limit_exceeded);
  const auto wrong = check_attributes({{"note", std::string(300, 'x')}});
  CHECK(wrong.error().message == "attribute \"note\": the value has 300 bytes; the maximum is 256");
}
