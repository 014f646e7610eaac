#include <pawl/detail/hex.hpp>

#include "tests/support/catch.hpp"

using namespace pawl::detail;

TEST_CASE("bytes are written as lower-case digits and read back", "[hex]") {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  const std::string text = to_hex(all);
  CHECK(text.substr(0, 8) == "00010203");
  CHECK(text.substr(504) == "fcfdfeff");
  CHECK(is_lower_hex(text));
  CHECK(from_hex(text) == all);
  CHECK(to_hex("") == "");
  CHECK(from_hex("") == "");
}

TEST_CASE("text that is not lower-case hexadecimal is rejected", "[hex]") {
  for (const char* const bad : {"0", "0g", "g0", "AB", "aB", "0x", " 0", "00 "}) {
    CAPTURE(bad);
    CHECK(from_hex(bad) == std::nullopt);
  }
  CHECK_FALSE(is_lower_hex("0A"));
  CHECK(is_lower_hex(""));
}

TEST_CASE("a digit has a value in the cases that are allowed", "[hex]") {
  CHECK(hex_value('0') == 0);
  CHECK(hex_value('9') == 9);
  CHECK(hex_value('a') == 10);
  CHECK(hex_value('F') == 15);
  CHECK(lower_hex_value('f') == 15);
  CHECK(lower_hex_value('F') == -1);
  for (const char c : {'/', ':', '@', 'G', '`', 'g', '\0', '\xff'}) CHECK(hex_value(c) == -1);
}

TEST_CASE("a number is appended as 16 digits", "[hex]") {
  std::string text = "x";
  append_hex(text, 0x0123456789abcdef);
  CHECK(text == "x0123456789abcdef");
  append_hex_byte(text, 0xaf, upper_hex_digits);
  CHECK(text == "x0123456789abcdefAF");
}
