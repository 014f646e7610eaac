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
