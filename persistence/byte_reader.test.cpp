#include "persistence/byte_reader.hpp"

#include <limits>
#include <string>

#include <pawl/detail/hex.hpp>

#include "flow/testing/random_source.hpp"
#include "persistence/byte_writer.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;

namespace {

using u64 = std::numeric_limits<std::uint64_t>;
using i64 = std::numeric_limits<std::int64_t>;

/// What `write` appends, as hexadecimal digits.
template <class Write>
std::string written(Write write) {
  std::string bytes;
  byte_writer out{bytes};
  write(out);
  return pawl::detail::to_hex(bytes);
}

std::string varint(std::uint64_t value) {
  return written([&](byte_writer& out) { out.varint(value); });
}

std::string signed_varint(std::int64_t value) {
  return written([&](byte_writer& out) { out.signed_varint(value); });
}

/// Why a read fails, or "".
template <class Read>
std::string failure(const std::string& hex, Read read) {
  const std::string bytes = pawl::detail::from_hex(hex).value();
  byte_reader in{bytes};
  read(in);
  if (in.ok()) return "";
  CHECK(in.left() == 0);
  CHECK(in.byte() == 0);
  CHECK(in.varint() == 0);
  CHECK(in.fixed64() == 0);
  CHECK(in.text().empty());
  CHECK(in.count() == 0);
  return in.reason();
}

const auto read_varint = [](byte_reader& in) { static_cast<void>(in.varint()); };

}  // namespace

TEST_CASE("numbers have the shortest LEB128 form", "[bytes]") {
  CHECK(varint(0) == "00");
  CHECK(varint(127) == "7f");
  CHECK(varint(128) == "8001");
  CHECK(varint(300) == "ac02");
  CHECK(varint(u64::max()) == "ffffffffffffffffff01");
  CHECK(signed_varint(-1) == "01");
  CHECK(signed_varint(1) == "02");
  CHECK(signed_varint(-64) == "7f");
  CHECK(signed_varint(i64::max()) == "feffffffffffffffff01");
  CHECK(signed_varint(i64::min()) == "ffffffffffffffffff01");
  CHECK(written([](byte_writer& out) { out.fixed64(0x0102'0304'0506'0708); }) ==
        "0807060504030201");
}

TEST_CASE("fields are read as they were written", "[bytes]") {
  flow::testing::random_source random{1};
  for (int round = 0; round < 2000; ++round) {
    const std::uint64_t number = random.next() >> random.below(64);
    const auto positive = static_cast<std::int64_t>(random.next());
    const time_point base = from_unix_us(static_cast<std::int64_t>(random.next()));
    const time_point time = from_unix_us(static_cast<std::int64_t>(random.next()));
    const std::string text(random.below(300), 'x');
    std::string bytes{"before"};
    byte_writer out{bytes};
    out.varint(number);
    out.signed_varint(positive);
    out.fixed64(number);
    out.time(time, base);
    out.time(time);
    out.text(text);
    out.with_length([&](std::string& to) { to.append(text); });
    out.flag(true);
    byte_reader in{std::string_view{bytes}.substr(6)};
    REQUIRE(in.varint() == number);
    REQUIRE(in.signed_varint() == positive);
    REQUIRE(in.fixed64() == number);
    REQUIRE(in.time(base) == time);
    REQUIRE(in.time() == time);
    REQUIRE(in.text() == text);
    REQUIRE(in.text() == text);
    REQUIRE(in.flag());
    REQUIRE(in.left() == 0);
    REQUIRE(in.ok());
  }
}

TEST_CASE("a length of any size is put before its bytes", "[bytes]") {
  for (const std::size_t size : {0u, 1u, 127u, 128u, 16'383u, 16'384u, 3'000'000u}) {
    std::string with, plain;
    const std::string text(size, 'x');
    byte_writer{with}.with_length([&](std::string& to) { to.append(text); });
    byte_writer{plain}.text(text);
    CHECK(with == plain);
  }
}

TEST_CASE("the first error is kept, and later reads return nothing", "[bytes]") {
  CHECK(failure("", read_varint) == "ends too early");
  CHECK(failure("80", read_varint) == "ends too early");
  CHECK(failure("8000", read_varint) == "has a number in an invalid form");
  CHECK(failure("ffffffffffffffffff02", read_varint) == "has a number in an invalid form");
  CHECK(failure("ffffffffffffffffffff01", read_varint) == "has a number in an invalid form");
  CHECK(failure("8080808010", [](byte_reader& in) { static_cast<void>(in.varint32()); }) ==
        "has a number above 32 bits");
  CHECK(failure("02", [](byte_reader& in) { static_cast<void>(in.flag()); }) ==
        "has a flag that is neither 0 nor 1");
  CHECK(failure("0500", [](byte_reader& in) { static_cast<void>(in.text()); }) ==
        "has a length beyond its end");
  CHECK(failure("ffffffffffffffffff01", [](byte_reader& in) { static_cast<void>(in.text()); }) ==
        "has a length beyond its end");
  CHECK(failure("01020304050607", [](byte_reader& in) { static_cast<void>(in.fixed64()); }) ==
        "has a length beyond its end");
  CHECK(failure("08", [](byte_reader& in) { static_cast<void>(in.bits(7)); }) ==
        "has an unknown part");
  CHECK(failure("06", [](byte_reader& in) {
          static_cast<void>(in.enumerator(errc::corrupt, errc::locked));
        }) == "has an unknown enumerator");
  CHECK(failure("0500", [](byte_reader& in) {
          static_cast<void>(in.byte());
          in.fail("first");
          in.fail("second", errc::schema_newer);
          CHECK(in.code() == errc::corrupt);
          CHECK(in.place() == 1);
        }) == "first");
}

TEST_CASE("no more items are promised than there are bytes for", "[bytes]") {
  const auto count = [](std::size_t least) {
    return [least](byte_reader& in) { static_cast<void>(in.count(least)); };
  };
  CHECK(failure("020000", count(1)) == "");
  CHECK(failure("030000", count(1)) == "has more items than bytes for them");
  CHECK(failure("020000", count(2)) == "has more items than bytes for them");
  CHECK(failure("ffffffffffffffffff0100", count(4)) == "has more items than bytes for them");
}
