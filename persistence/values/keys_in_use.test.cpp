#include "persistence/values/keys_in_use.hpp"

#include "persistence/memory/memory_store.hpp"
#include "persistence/values/test_codec.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::values;

namespace {

std::string refusal_of_keys(const store& of, const value_codec& with) {
  const auto checked = check_keys(*of.durable_view(), with);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == errc::invalid_argument);
  return checked.error().message;
}

}  // namespace

TEST_CASE("a store lists each key that encrypts, once", "[values]") {
  memory_store of;
  const auto codec =
      codec_with(key_line("a", '1', "acme") + key_line("k", '2') + key_line("o", '3'));
  for (int i = 0; i < 2; ++i) REQUIRE(note_keys(of, *codec));
  const auto listed = load_keys_in_use(*of.durable_view());
  REQUIRE(listed);
  CHECK(*listed == std::vector<key_in_use>{{codec->keys()->of_scope("acme").id, "a"},
                                           {codec->keys()->first().id, "k"}});
}

TEST_CASE("a missing key is named, with the setting", "[values]") {
  memory_store of;
  const value_codec none;
  CHECK(check_keys(*of.durable_view(), none));
  REQUIRE(note_keys(of, none));
  REQUIRE(note_keys(of, *codec_with(key_line("k", '1'))));

  CHECK(refusal_of_keys(of, none).find("but storage.keys is not set") != std::string::npos);
  const std::string other = refusal_of_keys(of, *codec_with(key_line("k", '2')));
  CHECK(other.find("key k (id ") != std::string::npos);
  CHECK(other.find("storage.keys (keys.txt) does not have") != std::string::npos);
  CHECK(other.find("11111111") == std::string::npos);
  CHECK(check_keys(*of.durable_view(), *codec_with(key_line("n", '2') + key_line("old", '1'))));
  CHECK(check_keys(*of.durable_view(), *codec_with(key_line("n", '2') + "k dropped\n")));
}
