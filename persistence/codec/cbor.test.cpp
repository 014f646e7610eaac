#include "persistence/codec/cbor.hpp"

#include <cmath>
#include <vector>

#include "persistence/codec/payload.hpp"
#include "persistence/codec/random_values.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::codec;
using namespace pawl::persistence::samples;

namespace {

std::string cbor(const json& value) {
  std::string bytes;
  append_cbor(bytes, value);
  return bytes;
}

std::string by_library(const json& value) {
  std::string bytes;
  json::to_cbor(value, bytes);
  return bytes;
}

/// Why bytes cannot be read, or "".
std::string refusal(std::string_view bytes) {
  byte_reader from{bytes};
  const json value = read_cbor(bytes, from);
  if (from.ok()) return "";
  CHECK(value.is_null());
  return from.reason();
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("CBOR is the same as that of the JSON library, and read as it was written", "[cbor]") {
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    INFO("seed " << seed);
    random_source random{seed};
    const json value = random_value(random);
    const std::string bytes = cbor(value);
    REQUIRE(bytes == by_library(value));
    REQUIRE(json::from_cbor(bytes) == value);
    byte_reader from{bytes};
    const json back = read_cbor(bytes, from);
    REQUIRE(from.ok());
    REQUIRE(back == value);
    REQUIRE(cbor(back) == bytes);
  }
}

TEST_CASE("numbers at the limits of their forms are read as they were written", "[cbor]") {
  std::vector<json> values{std::int64_t{INT64_MIN}, INT64_MAX, UINT64_MAX, -0.0, 1e39, 16777217.0};
  for (int bits = 0; bits < 64; ++bits) {
    for (const int off : {-1, 0, 1}) {
      const std::uint64_t number = (std::uint64_t{1} << bits) + static_cast<std::uint64_t>(off);
      values.emplace_back(number);
      values.emplace_back(-static_cast<std::int64_t>(number >> 1) - 1);
    }
  }
  for (const std::size_t size : {23u, 24u, 255u, 256u, 65'535u, 65'536u}) {
    values.emplace_back(std::string(size, 'x'));
    values.emplace_back(std::vector<json>(size, 1));
    json object = json::object();
    for (std::size_t i = 0; i < size; ++i) object[std::to_string(i)] = nullptr;
    values.push_back(std::move(object));
  }
  for (const json& value : values) {
    const std::string bytes = cbor(value);
    CHECK(bytes == by_library(value));
    byte_reader from{bytes};
    CHECK((read_cbor(bytes, from) == value && from.ok()));
  }
  const std::string nan = cbor(std::nan(""));
  CHECK(nan == by_library(std::nan("")));
  byte_reader from{nan};
  CHECK(std::isnan(read_cbor(nan, from).get<double>()));
}

TEST_CASE("bytes at random are refused, or are what the JSON library reads", "[cbor]") {
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    INFO("seed " << seed);
    random_source random{seed};
    std::string bytes;
    if (random.chance(2)) {
      bytes.resize(1 + random.below(40));
      for (char& b : bytes) b = static_cast<char>(random.next());
    } else {
      bytes = cbor(random_value(random));
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    }
    byte_reader from{bytes};
    const json value = read_cbor(bytes, from);
    if (!from.ok()) continue;
    const json expected = json::from_cbor(bytes, true, false);
    REQUIRE_FALSE(expected.is_discarded());
    REQUIRE(cbor(value) == by_library(expected));
  }
}

TEST_CASE("bytes that are not one whole CBOR value are refused", "[cbor]") {
  const std::string not_cbor = "has a value that is not CBOR";
  CHECK(refusal("") == "ends too early");
  CHECK(refusal("\x7f") == not_cbor);                                  // a text of unknown length
  CHECK(refusal("\x61") == "has a length beyond its end");             // an unfinished text
  CHECK(refusal("\xff") == not_cbor);                                  // the end of a list
  CHECK(refusal("\x9b\xff\xff\xff\xff\xff\xff\xff\xff") == not_cbor);  // 2^64 - 1 items
  CHECK(refusal("\xbb\xff\xff\xff\xff\xff\xff\xff\xff") == "ends too early");
  CHECK(refusal("\x3b\xff\xff\xff\xff\xff\xff\xff\xff") == not_cbor);  // -2^64
  CHECK(refusal("\xf6\xf6") == not_cbor);                              // two values
  CHECK(refusal("\xc0\xf6") == not_cbor);                              // a tag
  CHECK(refusal("\xa1\x01\xf6") == not_cbor);                          // a key that is a number
  CHECK(refusal("\xa2\x61k\xf6\x61k\xf6") == not_cbor);                // a key twice
  const std::string whole = cbor({{"list", {1, "two", 0.1}}, {"none", nullptr}});
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(refusal(std::string_view{whole}.substr(0, size)) != "");
}

TEST_CASE("a value that is nested too deep is refused without a stack overflow", "[cbor]") {
  for (const char* const level : {"\x81", "\xa1\x61k"}) {
    CHECK(refusal(repeated(level, 1'000'000) + "\xf6") == "is nested too deep");
    CHECK(refusal(repeated(level, 1'501) + "\xf6") == "is nested too deep");
    CHECK(refusal(repeated(level, 1'500) + "\xf6") == "");
  }
  json deep;
  for (int i = 0; i < 1'500; ++i) deep = json::array({std::move(deep)});
  CHECK(refusal(cbor(deep)) == "");
  // Many siblings are not deep.
  CHECK(refusal(cbor(std::vector<json>(100'000, json::array()))) == "");
}

TEST_CASE("a payload of an unknown codec was written by a newer version", "[cbor]") {
  std::string bytes;
  byte_writer out{bytes};
  encode_payload(out, {{"a", 1}});
  CHECK(bytes == std::string{"\x00\x04\xa1\x61\x61\x01", 6});
  byte_reader good{bytes};
  CHECK(decode_object(good) == json{{"a", 1}});
  bytes[0] = 1;
  byte_reader newer{bytes};
  CHECK(decode_payload(newer).is_null());
  CHECK(newer.code() == errc::schema_newer);
  bytes[0] = 0;
  bytes[2] = '\x81';
  byte_reader list{bytes};
  CHECK(decode_object(list) == json::object());
  CHECK(list.code() == errc::corrupt);
}
