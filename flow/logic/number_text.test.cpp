#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "flow/logic/number.hpp"
#include "tests/support/catch.hpp"

namespace pawl::flow::logic {
namespace {

std::string written(double x) {
  std::array<char, number_text_bytes> room;
  return {room.data(), format(number::real(x), room.data())};
}

TEST_CASE("numbers are written as in JavaScript", "[logic]") {
  CHECK(written(0.0) == "0");
  CHECK(written(-0.0) == "0");
  CHECK(written(5.0) == "5");
  CHECK(written(-12.5) == "-12.5");
  CHECK(written(0.1 + 0.2) == "0.30000000000000004");
  CHECK(written(100.0) == "100");
  CHECK(written(1e20) == "100000000000000000000");
  CHECK(written(1e21) == "1e+21");
  CHECK(written(1.25e25) == "1.25e+25");
  CHECK(written(0.000001) == "0.000001");
  CHECK(written(0.00000123) == "0.00000123");
  CHECK(written(1e-7) == "1e-7");
  CHECK(written(5e-324) == "5e-324");
  CHECK(written(-1.7976931348623157e308) == "-1.7976931348623157e+308");
  CHECK(written(std::numeric_limits<double>::infinity()) == "Infinity");
  CHECK(written(-std::numeric_limits<double>::infinity()) == "-Infinity");
  CHECK(written(std::numeric_limits<double>::quiet_NaN()) == "NaN");
}

TEST_CASE("every double reads back from its text", "[logic]") {
  std::mt19937_64 random{20240817};
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random();
    double x = 0;
    static_assert(sizeof(x) == sizeof(bits));
    std::memcpy(&x, &bits, sizeof(x));
    if (!std::isfinite(x)) continue;
    INFO("bits " << bits << ", text " << written(x));
    CHECK(parse_whole(written(x)).as_double() == x);
    CHECK(parse_beginning(written(x) + " and more").as_double() == x);
  }
}

TEST_CASE("text is converted like Number in JavaScript", "[logic]") {
  const auto read = [](std::string_view text) { return parse_whole(text).as_double(); };
  const auto is_nan = [](std::string_view text) { return parse_whole(text).is_nan(); };
  CHECK(read("") == 0);
  CHECK(read(" \t\n\u00A0\u2003\uFEFF") == 0);
  CHECK(read("\u3000 42 \u2028") == 42);
  CHECK(read("+5") == 5);
  CHECK(read("-.5") == -0.5);
  CHECK(read("5.") == 5);
  CHECK(read("1e3") == 1000);
  CHECK(read("1E+3") == 1000);
  CHECK(read("007") == 7);
  CHECK(read("0xff") == 255);
  CHECK(read("0B101") == 5);
  CHECK(read("0o17") == 15);
  CHECK(read("Infinity") == HUGE_VAL);
  CHECK(read("-Infinity") == -HUGE_VAL);
  CHECK(read("1e400") == HUGE_VAL);
  CHECK(read("-1e400") == -HUGE_VAL);
  CHECK(read("1e99999999999999999999") == HUGE_VAL);
  CHECK(read("1e-99999999999999999999") == 0);
  CHECK(read("1e-400") == 0);
  CHECK(read("0e999999") == 0);
  CHECK(read("0." + std::string(400, '0') + "1e401") == 1);
  CHECK(read(std::string(400, '9')) == HUGE_VAL);
  CHECK(read("0x" + std::string(300, 'f')) == HUGE_VAL);
  for (const char* text :
       {"a", "1a", "1 2", "1,5", "--1", "+-1", ".", "e1", "1e", "1e+", "0x", "-0x1", "0b2", "0xg",
        "infinity", "Infinity1", "1_000", "\u00A0x", "1n"}) {
    INFO(text);
    CHECK(is_nan(text));
  }
}

TEST_CASE("text is converted like parseFloat in JavaScript", "[logic]") {
  const auto read = [](std::string_view text) { return parse_beginning(text).as_double(); };
  CHECK(read("3.5 kg") == 3.5);
  CHECK(read("  -2e2x") == -200);
  CHECK(read("1e") == 1);
  CHECK(read("1e+") == 1);
  CHECK(read("1.2.3") == 1.2);
  CHECK(read("0x10") == 0);
  CHECK(read("Infinity and beyond") == HUGE_VAL);
  CHECK(read(".5.") == 0.5);
  for (const char* text : {"", " ", "x1", ".", "-", "e5", "NaN", "+."}) {
    INFO(text);
    CHECK(parse_beginning(text).is_nan());
  }
}

TEST_CASE("whole numbers in text stay exact", "[logic]") {
  CHECK(parse_whole("9223372036854775807").as_integer() == 9223372036854775807);
  CHECK(parse_whole("-9223372036854775808").as_integer() ==
        std::numeric_limits<std::int64_t>::min());
  CHECK(parse_whole("18446744073709551615").as_natural() == 18446744073709551615u);
  CHECK(parse_whole("18446744073709551616").as_double() == 18446744073709551616.0);
}

}  // namespace
}  // namespace pawl::flow::logic
