#include "persistence/crc32c.hpp"

#include <random>

#include "tests/support/catch.hpp"

using pawl::persistence::crc32c;
using pawl::persistence::detail::crc32c_by_tables;

TEST_CASE("CRC-32C matches the published values", "[crc32c]") {
  std::string ascending;
  std::string descending;
  for (int i = 0; i < 32; ++i) {
    ascending.push_back(static_cast<char>(i));
    descending.push_back(static_cast<char>(31 - i));
  }
  // RFC 3720, appendix B.4, and the usual check value over "123456789".
  const std::vector<std::pair<std::string, std::uint32_t>> known{
      {"", 0},
      {std::string(32, '\0'), 0x8a9136aa},
      {std::string(32, '\xff'), 0x62a8ab43},
      {ascending, 0x46dd794e},
      {descending, 0x113fdb5c},
      {"123456789", 0xe3069283},
  };
  for (const auto& [bytes, expected] : known) {
    CAPTURE(bytes.size());
    CHECK(crc32c(bytes) == expected);
    CHECK(crc32c_by_tables(bytes) == expected);
  }
}

TEST_CASE("instructions and tables agree for every length, alignment and split", "[crc32c]") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  std::string bytes(600, '\0');
  for (char& b : bytes) b = static_cast<char>(random());
  const std::string_view all{bytes};
  for (std::size_t start = 0; start < 9; ++start) {
    for (std::size_t size = 0; size + start <= 300; ++size) {
      const auto part = all.substr(start, size);
      const auto whole = crc32c_by_tables(part);
      REQUIRE(crc32c(part) == whole);
      const auto cut = size == 0 ? 0 : random() % size;
      REQUIRE(crc32c(part.substr(cut), crc32c(part.substr(0, cut))) == whole);
      REQUIRE(crc32c_by_tables(part.substr(cut), crc32c_by_tables(part.substr(0, cut))) == whole);
    }
  }
}
