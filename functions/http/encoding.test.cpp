#include "functions/http/encoding.hpp"

#include "tests/support/catch.hpp"

using namespace pawl::functions::http;

TEST_CASE("percent-encoding keeps the characters that are allowed in each place") {
  CHECK(percent_encoded("aZ9-._~ /?&=+%é\n") == "aZ9-._~%20%2F%3F%26%3D%2B%25%C3%A9%0A");
  CHECK(with_ascii_only("/a?b=%20&c=é") == "/a?b=%20&c=%C3%A9");
  CHECK(as_header_value("default/key:o 17/é%/1\r\n") == "default/key:o%2017/%C3%A9%25/1%0D%0A");
}

TEST_CASE("an excerpt is short, valid and without control characters") {
  CHECK(excerpt("plain", 10) == "plain");
  CHECK(excerpt("a\r\nb\tc\x1b[31m\x7f", 100) == "a  b c [31m ");
  CHECK(excerpt("a\xc2\x9b"
                "b\xc2\xa0"
                "c\xff",
                100) ==
        "a b\xc2\xa0"
        "c\xef\xbf\xbd");
  CHECK(excerpt("äöü", 5) == "äö…");
  CHECK(excerpt("\xc2\x9b\xc2\x9b", 100) == "  ");
}
