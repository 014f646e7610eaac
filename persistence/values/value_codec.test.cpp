#include "persistence/values/value_codec.hpp"

#include <filesystem>
#include <fstream>

#include <pawl/detail/hex.hpp>

#include "persistence/codec.hpp"
#include "persistence/codec/samples.hpp"
#include "persistence/values/test_codec.hpp"
#include "persistence/values/unopened.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::values;

namespace {

constexpr place some_place{column::checkpoints, "key of a record"};

std::string stored_by(const value_codec& codec, std::string_view value, place at = some_place,
                      std::string_view scope = "acme") {
  std::string buffer = "what was there";
  const auto stored = codec.to_stored(at, scope, value, buffer);
  REQUIRE(stored);
  return std::string{*stored};
}

std::string opened_by(const value_codec& codec, std::string_view stored, place at = some_place) {
  std::string buffer = "what was there";
  return std::string{codec.from_stored(at, stored, buffer)};
}

std::string damaged_value() {
  return std::string{to_value(unopened::damaged)};
}

/// An input of a run of about this many bytes, as a record.
std::string large_record(std::size_t bytes) {
  auto input = samples::input_v2();
  input.data = flow::shared_json{json{{"text", std::string(bytes, 'x')}}};
  return encode_input(input);
}

const value_codec plain_codec, zstd_codec{true};

/// The bytes of a golden file; lines end between digits.
std::string golden_value(const std::string& name) {
  std::ifstream file{pawl::testing::source_dir() / "persistence" / "values" / "golden" /
                     (name + ".hex")};
  std::string digits;
  for (std::string line; std::getline(file, line);) digits += line;
  return pawl::detail::from_hex(digits).value_or("");
}

}  // namespace

TEST_CASE("a value that is not coded is stored as it is", "[values]") {
  CHECK(stored_by(plain_codec, "").empty());
  CHECK(stored_by(plain_codec, "value") == "value");
  CHECK(stored_by(plain_codec, large_record(5'000)) == large_record(5'000));
  const auto codec = codec_with(key_line("k", '1'));
  CHECK(stored_by(*codec, "").empty());
  for (const column where : {column::meta, column::counters}) {
    const std::string value(5'000, '\0');
    CHECK(stored_by(*codec, value, {where, "key"}) == value);
    CHECK(opened_by(*codec, value, {where, "key"}) == value);
  }
}

TEST_CASE("a value that looks coded is read as it was", "[values]") {
  for (const std::string& value : {std::string{"\0", 1}, std::string{"\0d", 2},
                                   std::string{"\0\x01\x02", 3}, std::string{"\0\0", 2}}) {
    CHECK(stored_by(plain_codec, value) != value);
    CHECK(opened_by(plain_codec, stored_by(plain_codec, value)) == value);
  }
}

TEST_CASE("values above 1 KiB are compressed if that saves a tenth", "[values]") {
  CHECK(stored_by(zstd_codec, std::string(1'024, 'v')) == std::string(1'024, 'v'));
  const std::string value(1'025, 'v'), stored = stored_by(zstd_codec, value);
  CHECK(stored.size() < 100);
  CHECK(form_of(some_place.where, stored).is_compressed);
  CHECK_FALSE(form_of(some_place.where, stored).key);
  CHECK(opened_by(zstd_codec, stored) == value);
  CHECK(opened_by(plain_codec, stored) == value);  // the setting is for writing

  std::string noise = "noise";
  for (std::uint32_t n = 1; noise.size() < 5'000; n = n * 1'664'525 + 1'013'904'223)
    noise.push_back(static_cast<char>(n >> 24));
  CHECK_FALSE(form_of(some_place.where, stored_by(zstd_codec, noise)).is_compressed);
  CHECK((stored_by(zstd_codec, noise) == noise));
}

TEST_CASE("an encrypted value shows nothing and is read again", "[values]") {
  const auto codec = codec_with(key_line("k", '1'));
  for (const std::size_t bytes : {1, 100, 1'024, 5'000, 100'000}) {
    CAPTURE(bytes);
    const std::string value = "marker" + std::string(bytes, 'v'), stored = stored_by(*codec, value);
    CHECK(stored.find("marker") == std::string::npos);
    CHECK(stored.find("vvvv") == std::string::npos);
    CHECK(form_of(some_place.where, stored).key == codec->keys()->first().id);
    CHECK(form_of(some_place.where, stored).is_compressed == (value.size() > 1'024));
    CHECK(opened_by(*codec, stored) == value);
    CHECK(opened_by(plain_codec, stored) == to_value(unopened::no_key));
    CHECK(opened_by(*codec_with(key_line("k", '2')), stored) == to_value(unopened::no_key));
  }
}

TEST_CASE("an encrypted value opens only at its place", "[values]") {
  const auto codec = codec_with(key_line("k", '1'));
  const std::string stored = stored_by(*codec, "value");
  CHECK(opened_by(*codec, stored, {some_place.where, "key of another record"}) == damaged_value());
  CHECK(opened_by(*codec, stored, {column::runs, some_place.key}) == damaged_value());
}

TEST_CASE("damage of a coded value is noticed wherever it is", "[values]") {
  const auto codec = codec_with(key_line("k", '1'));
  for (const value_codec* const by : {&zstd_codec, codec.get()}) {
    const std::string record = large_record(by == &zstd_codec ? 3'000 : 10);
    const std::string stored = stored_by(*by, record);
    REQUIRE(stored != record);
    for (std::size_t at = 0; at < stored.size(); ++at) {
      std::string damaged = stored;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      CAPTURE(at);
      const std::string opened = opened_by(*by, damaged);
      if (opened == record) continue;  // some bits of a frame's header mean nothing
      const auto read = decode_input(opened);
      REQUIRE_FALSE(read);
      // A damaged id is that of an unknown key.
      const bool is_id = by == codec.get() && at >= 2 && at < 6;
      CHECK(read.error().code == (is_id ? errc::not_supported : errc::corrupt));
    }
    for (std::size_t length = 1; length < stored.size(); ++length)
      CHECK_FALSE(decode_input(opened_by(*by, std::string_view{stored}.substr(0, length))));
  }
}

TEST_CASE("a record that cannot be opened says why", "[values]") {
  const auto damaged = decode_input(to_value(unopened::damaged));
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error() == error{errc::corrupt,
                                 "a stored run_input record is damaged: it cannot be decompressed "
                                 "or decrypted"});
  const auto no_key = decode_input(to_value(unopened::no_key));
  REQUIRE_FALSE(no_key);
  CHECK(no_key.error() == error{errc::not_supported,
                                "a stored run_input record is encrypted with a key that "
                                "storage.keys does not have"});
}

TEST_CASE("the runs of a scope are encrypted with its key, the rest with the first", "[values]") {
  const auto codec = codec_with(key_line("a", '1', "acme") + key_line("k", '2'));
  const key_id acme = codec->keys()->of_scope("acme").id, first = codec->keys()->first().id;
  REQUIRE(acme != first);
  CHECK(form_of(some_place.where, stored_by(*codec, "value")).key == acme);
  CHECK(form_of(some_place.where, stored_by(*codec, "value", some_place, "other")).key == first);
  CHECK(form_of(column::runs, stored_by(*codec, "value", {column::runs, "k"})).key == first);
  CHECK(codec->is_current(some_place.where, "acme", stored_by(*codec, "value")));
  CHECK_FALSE(codec->is_current(some_place.where, "other", stored_by(*codec, "value")));
  CHECK_FALSE(codec->is_current(some_place.where, "acme", "value"));
  CHECK(codec->is_current(some_place.where, "acme", ""));
}

TEST_CASE("values of every form that was ever stored are read", "[values][golden]") {
  std::string value;
  for (int i = 0; i < 400; ++i) value += "Pawl ";
  const auto codec = codec_with(key_line("k", '1'));
  for (const char* const name : {"compressed", "encrypted", "compressed_and_encrypted"}) {
    CAPTURE(name);
    CHECK(opened_by(*codec, golden_value(name)) == value);
  }
}
