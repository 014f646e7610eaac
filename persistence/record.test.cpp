#include "persistence/record.hpp"

#include <random>

#include <pawl/detail/hex.hpp>

#include "persistence/crc32c.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;

namespace {

json sample() {
  return {{"text", "grüß dich"},
          {"whole", -7},
          {"large", 18446744073709551615u},
          {"real", 0.1},
          {"yes", true},
          {"none", nullptr},
          {"list", {1, "two", json::array(), json::object()}}};
}

}  // namespace

TEST_CASE("a sealed record opens to the same version and body", "[record]") {
  for (const json& body : {sample(), json(), json(0), json("x"), json::array(), json::object()}) {
    CAPTURE(body);
    const auto record = open(record_kind::run_summary, seal(record_kind::run_summary, 9, body));
    REQUIRE(record);
    CHECK(record->version == 9);
    CHECK(record->body == body);
  }
}

TEST_CASE("the bytes of a record never change", "[record]") {
  // version 1, kind 2, {"a": 1} as CBOR, checksum. Stores in the field hold these bytes.
  CHECK(pawl::detail::to_hex(seal(record_kind::flow_head, 1, {{"a", 1}})) ==
        "0102a16161010668cd72");
  CHECK(static_cast<int>(record_kind::schema) == 1);
  CHECK(static_cast<int>(record_kind::flow_head) == 2);
  CHECK(static_cast<int>(record_kind::flow_version) == 3);
  CHECK(static_cast<int>(record_kind::run_summary) == 4);
  CHECK(static_cast<int>(record_kind::checkpoint_snapshot) == 5);
  CHECK(static_cast<int>(record_kind::checkpoint_delta) == 6);
}

TEST_CASE("an error about a record of another kind names both kinds", "[record]") {
  const auto record = open(record_kind::flow_version, seal(record_kind::run_summary, 1, sample()));
  REQUIRE_FALSE(record);
  CHECK(record.error().code == errc::corrupt);
  CHECK(record.error().message == "a stored flow_version record has kind run_summary (4)");
}

TEST_CASE("every flipped bit of a record is detected", "[record]") {
  const std::string good = seal(record_kind::checkpoint_delta, 1, sample());
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      const auto record = open(record_kind::checkpoint_delta, bad);
      CAPTURE(at, bit);
      REQUIRE_FALSE(record);
      REQUIRE(record.error().code == errc::corrupt);
    }
  }
}

TEST_CASE("every truncation and extension of a record is detected", "[record]") {
  const std::string good = seal(record_kind::checkpoint_delta, 1, sample());
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    const auto record = open(record_kind::checkpoint_delta, std::string_view{good}.substr(0, size));
    REQUIRE_FALSE(record);
    REQUIRE(record.error().code == errc::corrupt);
  }
  REQUIRE_FALSE(open(record_kind::checkpoint_delta, good + '\0'));
}

TEST_CASE("bodies that are not CBOR are refused despite a valid checksum", "[record]") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  // A length of 2^64 - 1 items, an unfinished string, and bytes at random.
  std::vector<std::string> bodies{"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "\x7f", "\x61", "\xff"};
  for (int i = 0; i < 2000; ++i) {
    std::string body(1 + random() % 40, '\0');
    for (char& b : body) b = static_cast<char>(random());
    bodies.push_back(std::move(body));
  }
  for (const auto& body : bodies) {
    std::string bytes = "\x01\x06" + body;
    const auto sum = crc32c(bytes);
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(sum >> (8 * i)));
    const auto record = open(record_kind::checkpoint_delta, bytes);
    if (!record) REQUIRE(record.error().code == errc::corrupt);
  }
}

TEST_CASE("a body that is nested too deep is refused without a stack overflow", "[record]") {
  const auto sealed = [](const std::string& body) {
    std::string bytes = "\x01\x06" + body;
    const auto sum = crc32c(bytes);
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(sum >> (8 * i)));
    return bytes;
  };
  const auto repeated = [](const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  // Arrays and maps, of definite and indefinite length.
  for (const char* const level : {"\x81", "\xa1\x61k", "\x9f", "\xbf\x61k"}) {
    const auto record =
        open(record_kind::checkpoint_delta, sealed(repeated(level, 1'000'000) + "\xf6"));
    REQUIRE_FALSE(record);
    CHECK(record.error().code == errc::corrupt);
    CHECK(record.error().message == "a stored checkpoint_delta record is nested too deep");
  }
  CHECK(open(record_kind::checkpoint_delta, sealed(repeated("\x81", 1'000) + "\xf6")));
  // Many siblings are not deep.
  const json wide(std::vector<json>(100'000, json::array()));
  const auto record =
      open(record_kind::checkpoint_delta, seal(record_kind::checkpoint_delta, 1, wide));
  REQUIRE(record);
  CHECK(record->body == wide);
}

TEST_CASE("the kind of a record is known before it is opened", "[record]") {
  CHECK(kind_of(seal(record_kind::checkpoint_delta, 1, {})) == record_kind::checkpoint_delta);
  CHECK_FALSE(kind_of("").has_value());
  CHECK_FALSE(kind_of(std::string{"\x01\x77\xf6\x00\x00\x00\x00", 7}).has_value());
}

#if PAWL_CATCH_MAJOR == 3 || defined(CATCH_CONFIG_ENABLE_BENCHMARKING)
TEST_CASE("sealing and opening a record of 300 bytes", "[.][benchmark]") {
  json body = sample();
  body["padding"] = std::string(190, 'x');
  const auto sealed = seal(record_kind::checkpoint_delta, 1, body);
  INFO(sealed.size() << " bytes");
  BENCHMARK("seal") {
    return seal(record_kind::checkpoint_delta, 1, body);
  };
  BENCHMARK("open") {
    return open(record_kind::checkpoint_delta, sealed).has_value();
  };
}
#endif
