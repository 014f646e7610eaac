#include "config/units.hpp"

#include <cstdint>
#include <limits>

#include "tests/support/catch.hpp"

using pawl::config::format_quantity;
using pawl::config::parse_quantity;
using pawl::config::quantity;

TEST_CASE("A number without a unit is in bytes or milliseconds") {
  CHECK(parse_quantity(quantity::bytes, "1048576") == 1'048'576u);
  CHECK(parse_quantity(quantity::milliseconds, "250") == 250u);
  CHECK(parse_quantity(quantity::count, "12") == 12u);
}

TEST_CASE("Units are case-insensitive and may follow a space") {
  CHECK(parse_quantity(quantity::bytes, "8MiB") == 8u << 20);
  CHECK(parse_quantity(quantity::bytes, "8 mib") == 8u << 20);
  CHECK(parse_quantity(quantity::bytes, "3KB") == 3'000u);
  CHECK(parse_quantity(quantity::milliseconds, "30s") == 30'000u);
  CHECK(parse_quantity(quantity::milliseconds, "5m") == 300'000u);
  CHECK(parse_quantity(quantity::milliseconds, "2h") == 7'200'000u);
  CHECK(parse_quantity(quantity::milliseconds, "250ms") == 250u);
}

TEST_CASE("A text that is not a whole number with a known unit is refused") {
  for (const auto* text :
       {"", "x", "-1", "1.5s", "1e3", "5 weeks", "8MiB ", " 8", "8  MiB", "8MiBs"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_quantity(quantity::bytes, text));
    CHECK_FALSE(parse_quantity(quantity::milliseconds, text));
    CHECK_FALSE(parse_quantity(quantity::count, text));
  }
  CHECK_FALSE(parse_quantity(quantity::count, "5s"));
  CHECK_FALSE(parse_quantity(quantity::bytes, "5s"));
}

TEST_CASE("A number that overflows is refused") {
  CHECK_FALSE(parse_quantity(quantity::bytes, "18446744073709551616"));
  CHECK_FALSE(parse_quantity(quantity::bytes, "18446744073709551615KiB"));
}

TEST_CASE("A formatted number parses to the same number") {
  CHECK(format_quantity(quantity::bytes, 8u << 20) == "8MiB");
  CHECK(format_quantity(quantity::milliseconds, 90'000) == "90s");
  CHECK(format_quantity(quantity::milliseconds, 0) == "0");
  for (const auto kind : {quantity::count, quantity::bytes, quantity::milliseconds}) {
    for (const std::uint64_t amount :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}, std::uint64_t{1024},
          std::uint64_t{86'400'000}, std::uint64_t{1} << 40,
          std::numeric_limits<std::uint64_t>::max()}) {
      CAPTURE(amount);
      CHECK(parse_quantity(kind, format_quantity(kind, amount)) == amount);
    }
  }
}
