#include "flow/schema/decimal.hpp"

#include "flow/schema/equality.hpp"
#include "tests/support/catch.hpp"

namespace pawl::flow::schema {
namespace {

json parsed(const char* text) {
  return json::parse(text);
}

bool is_equal(const char* a, const char* b) {
  budget work{1'000'000};
  const bool equal = are_equal(parsed(a), parsed(b), work);
  const bool same_hash = hash_of(parsed(a), work) == hash_of(parsed(b), work);
  CHECK((!equal || same_hash));
  CHECK_FALSE(work.stopped());
  return equal;
}

}  // namespace

TEST_CASE("numbers are compared by their exact values", "[schema][decimal]") {
  // In ascending order.
  const std::vector<const char*> ordered = {"-1e300",
                                            "-9223372036854775809",
                                            "-9223372036854775807",
                                            "-2.5",
                                            "-2",
                                            "-0.5",
                                            "0",
                                            "0.1",
                                            "1",
                                            "9007199254740992.0",
                                            "9007199254740993",
                                            "9223372036854775807",
                                            "9223372036854775808.0",
                                            "18446744073709549568.0",
                                            "18446744073709551615",
                                            "18446744073709551616.0",
                                            "1e300"};
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t k = 0; k < ordered.size(); ++k) {
      CAPTURE(ordered[i], ordered[k]);
      CHECK((compare_numbers(parsed(ordered[i]), parsed(ordered[k])) == (i <=> k)));
      CHECK(is_equal(ordered[i], ordered[k]) == (i == k));
    }
  }
  CHECK((compare_numbers(parsed("1"), parsed("1.0")) == 0));
  CHECK((compare_numbers(parsed("-0.0"), parsed("0")) == 0));
  // A json made by a program may hold a positive number as a signed one.
  CHECK((compare_numbers(json(std::int64_t{5}), json(std::uint64_t{5})) == 0));
  CHECK((compare_numbers(json(std::int64_t{-5}), json(std::uint64_t{5})) < 0));
}

TEST_CASE("a multiple is decided in decimal", "[schema][decimal]") {
  const auto multiple = [](const char* number, const char* divisor) {
    return is_multiple(parsed(number), parsed(divisor));
  };
  CHECK(multiple("19.99", "0.01"));
  CHECK(multiple("0.3", "0.1"));
  CHECK(multiple("-4.35", "0.01"));
  CHECK(multiple("1e300", "0.5"));
  CHECK_FALSE(multiple("1e300", "3e299"));
  CHECK(multiple("9e299", "3e-300"));
  CHECK(multiple("18446744073709551615", "5"));
  CHECK_FALSE(multiple("18446744073709551615", "2"));
  CHECK(multiple("-9223372036854775808", "1024"));
  CHECK(multiple("0", "7"));
  CHECK_FALSE(multiple("19.995", "0.01"));
  CHECK_FALSE(multiple("1e-7", "0.01"));
  CHECK(multiple("0.0075", "0.0001"));
  CHECK_FALSE(multiple("5e-324", "1"));
}

TEST_CASE("values are equal if JSON Schema says so", "[schema][decimal]") {
  CHECK(is_equal("{\"a\": 1, \"b\": [1.0]}", "{\"b\": [1], \"a\": 1.0}"));
  CHECK_FALSE(is_equal("[1, 2]", "[2, 1]"));
  CHECK_FALSE(is_equal("0", "false"));
  CHECK_FALSE(is_equal("\"1\"", "1"));
  CHECK_FALSE(is_equal("null", "0"));
  CHECK_FALSE(is_equal("[]", "{}"));
  CHECK_FALSE(is_equal("{\"a\": null}", "{\"b\": null}"));
}

TEST_CASE("duplicates are found in linear work", "[schema][decimal]") {
  json numbers = json::array();
  for (int i = 0; i < 20'000; ++i) numbers.push_back(i);
  budget work{20'000 * 10};
  CHECK_FALSE(find_duplicate(numbers, work));
  CHECK_FALSE(work.stopped());
  numbers.push_back(7.0);
  budget again{20'000 * 10};
  CHECK(find_duplicate(numbers, again) == std::pair<std::size_t, std::size_t>{7, 20'000});
  const json equal = json(std::vector<int>(20'000, 1));
  budget more{20'000 * 10};
  CHECK(find_duplicate(equal, more) == std::pair<std::size_t, std::size_t>{0, 1});
}

}  // namespace pawl::flow::schema
