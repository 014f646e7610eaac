#include "persistence/values/cipher.hpp"

#include <set>
#include <string>

#include <pawl/detail/hex.hpp>

#include "tests/support/catch.hpp"

using pawl::persistence::values::cipher;

namespace {

std::string sealed_text(const cipher& with, std::string_view bound_to, std::string_view value) {
  std::string sealed;
  REQUIRE(with.seal(bound_to, value, sealed));
  return sealed;
}

}  // namespace

TEST_CASE("a cipher gives the known answers of XAES-256-GCM", "[values]") {
  // https://c2sp.org/XAES-256-GCM, its two test vectors.
  struct known {
    char key;
    const char *bound_to, *sealed;
  };
  constexpr known all[] = {
      {'\x01', "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
      {'\x03', "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
  };
  const std::string nonce = "ABCDEFGHIJKLMNOPQRSTUVWX";
  for (const auto& each : all) {
    const cipher with{std::string(cipher::key_bytes, each.key)};
    std::string sealed;
    REQUIRE(with.seal_with(nonce, each.bound_to, "XAES-256-GCM", sealed));
    CHECK(sealed.substr(0, nonce.size()) == nonce);
    CHECK(pawl::detail::to_hex(sealed.substr(nonce.size())) == each.sealed);
  }
}

TEST_CASE("an encrypted value opens only as it is, with its key and for its place", "[values]") {
  const cipher with{std::string(cipher::key_bytes, 'k')};
  const cipher other{std::string(cipher::key_bytes, 'o')};
  for (const std::size_t size : {0, 1, 15, 16, 17, 1'000, 100'000}) {
    CAPTURE(size);
    const std::string value(size, 'v');
    const std::string sealed = sealed_text(with, "here", value);
    CHECK(sealed.size() == size + cipher::nonce_bytes + cipher::tag_bytes);
    std::string opened = "what was there";
    REQUIRE(with.open("here", sealed, opened));
    CHECK(opened == value);
    CHECK_FALSE(other.open("here", sealed, opened));
    CHECK_FALSE(with.open("there", sealed, opened));
    CHECK_FALSE(with.open("here", sealed + "x", opened));
    for (std::size_t length = 0; length < sealed.size(); length += 1 + length / 3)
      CHECK_FALSE(with.open("here", std::string_view{sealed}.substr(0, length), opened));
  }
}

TEST_CASE("a damaged byte of an encrypted value is noticed wherever it is", "[values]") {
  const cipher with{std::string(cipher::key_bytes, 'k')};
  const std::string sealed = sealed_text(with, "here", "a value of some length");
  std::string opened;
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string damaged = sealed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    CAPTURE(at);
    CHECK_FALSE(with.open("here", damaged, opened));
  }
}

TEST_CASE("no two values are encrypted alike", "[values]") {
  const cipher with{std::string(cipher::key_bytes, 'k')};
  std::set<std::string> nonces;
  for (int i = 0; i < 1'000; ++i)
    nonces.insert(sealed_text(with, "here", "value").substr(0, cipher::nonce_bytes));
  CHECK(nonces.size() == 1'000);
}
