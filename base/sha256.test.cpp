#include <pawl/detail/hex.hpp>
#include <pawl/detail/sha256.hpp>

#include "tests/support/catch.hpp"

using pawl::detail::sha256_128;

// The examples of FIPS 180-4, cut to 128 bits.
TEST_CASE("SHA-256 has the published values") {
  CHECK(sha256_128("") == "e3b0c44298fc1c149afbf4c8996fb924");
  CHECK(sha256_128("abc") == "ba7816bf8f01cfea414140de5dae2223");
  CHECK(sha256_128("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039");
}

// Test case 2 of RFC 4231; the empty key and text by Python's hmac.
TEST_CASE("HMAC with SHA-256 has the published values") {
  using pawl::detail::hmac_sha256_bytes;
  using pawl::detail::to_hex;
  CHECK(to_hex(hmac_sha256_bytes("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(to_hex(hmac_sha256_bytes({}, {})) ==
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}
