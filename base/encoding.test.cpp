#include <pawl/detail/base64_decoded.hpp>
#include <pawl/detail/encoding.hpp>

#include "tests/support/catch.hpp"

using namespace pawl::detail;

TEST_CASE("base64 follows RFC 4648") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64(std::string{"\0\xff\xfe\x7f", 4}) == "AP/+fw==");
}

TEST_CASE("base64 is decoded, with or without padding, and in its form for URLs") {
  const std::string bytes{"\0\xff\xfe\x7f", 4};
  CHECK(base64_decoded(base64(bytes)) == bytes);
  CHECK(base64_decoded("AP_-fw") == bytes);
  CHECK(base64_decoded("") == "");
  CHECK_FALSE(base64_decoded("A"));
  CHECK_FALSE(base64_decoded("Zm 9"));
}

TEST_CASE("percent-encoding keeps letters, digits and -._~") {
  CHECK(percent_encoded("aZ9-._~ /?&=+%é\n") == "aZ9-._~%20%2F%3F%26%3D%2B%25%C3%A9%0A");
}
