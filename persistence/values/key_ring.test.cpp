#include "persistence/values/key_ring.hpp"

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::persistence::values;

namespace {

const std::string digits_1(64, '1'), digits_2(64, '2'), digits_a(64, 'a');

std::string refusal_of_file(const std::string& text) {
  const auto ring = key_ring::parse(text, "keys.txt");
  REQUIRE_FALSE(ring);
  CHECK(ring.error().code == errc::invalid_argument);
  CHECK(ring.error().message.find(digits_1.substr(0, 10)) == std::string::npos);
  CHECK(ring.error().message.find("zzz") == std::string::npos);
  return ring.error().message;
}

}  // namespace

TEST_CASE("the first key without a scope writes, all read", "[values]") {
  const auto ring = key_ring::parse("# keys of the store\n\nacme " + digits_1 + " acme\r\nnew\t" +
                                        digits_2 + "\nold " + digits_a + "\nlost dropped\nacme-0 " +
                                        std::string(64, 'B') + " acme",
                                    "keys.txt");
  REQUIRE(ring);
  CHECK(ring->first().name == "new");
  CHECK(ring->of_scope("acme").name == "acme");
  CHECK(ring->of_scope("other").name == "new");
  CHECK(ring->is_dropped("lost"));
  CHECK_FALSE(ring->is_dropped("old"));
  std::vector<std::string> writing;
  for (const auto* const key : ring->writing()) writing.push_back(key->name);
  CHECK(writing == std::vector<std::string>{"acme", "new"});
  for (const auto* const key : ring->writing()) CHECK(ring->find(key->id) == key);
  CHECK(ring->find(0) == nullptr);
}

TEST_CASE("the id of a key depends on the key, not on its name", "[values]") {
  const auto a = key_ring::parse("a " + digits_1, "f"), b = key_ring::parse("b " + digits_1, "f"),
             c = key_ring::parse("a " + digits_2, "f");
  REQUIRE((a && b && c));
  CHECK(a->first().id == b->first().id);
  CHECK(a->first().id != c->first().id);
  CHECK(to_text("k1", 0x0a1b2c3d) == "key k1 (id 0a1b2c3d)");
}

TEST_CASE("a key file that is wrong is refused without showing a key", "[values]") {
  CHECK(refusal_of_file("").find("no key for all scopes") != std::string::npos);
  CHECK(refusal_of_file("a " + digits_1 + " acme").find("no key for all scopes") !=
        std::string::npos);
  CHECK(refusal_of_file("a " + digits_1 + "\n" + digits_1).find("keys.txt:2") != std::string::npos);
  CHECK(refusal_of_file("a " + digits_1 + "1").find("64 hexadecimal digits") != std::string::npos);
  CHECK(refusal_of_file("a").find("64 hexadecimal digits") != std::string::npos);
  CHECK(refusal_of_file("a " + std::string(64, 'z')).find("64 hexadecimal digits") !=
        std::string::npos);
  CHECK(refusal_of_file("a " + digits_1 + "\na " + digits_2).find("key a is listed twice") !=
        std::string::npos);
  CHECK(refusal_of_file("a " + digits_1 + "\nb " + digits_1).find("key b and key a are equal") !=
        std::string::npos);
  CHECK(refusal_of_file("a " + digits_1 + " no/scope").find("scope") != std::string::npos);
  CHECK(refusal_of_file("a " + digits_1 + " acme more").find("NAME KEY [SCOPE]") !=
        std::string::npos);
  CHECK(refusal_of_file("\"a\" = " + digits_1).find("NAME KEY [SCOPE]") != std::string::npos);
}
