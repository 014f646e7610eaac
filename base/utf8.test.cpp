#include <pawl/detail/utf8.hpp>

#include "tests/support/catch.hpp"

using pawl::detail::to_valid_utf8;
using pawl::detail::valid_utf8_prefix;

namespace {

bool is_valid(std::string_view text) {
  return valid_utf8_prefix(text) == text.size();
}

const std::string mark = "\xef\xbf\xbd";

}  // namespace

TEST_CASE("characters of every length are valid") {
  CHECK(is_valid(""));
  CHECK(is_valid("plain ascii text, longer than eight bytes"));
  CHECK(is_valid("\xc2\x80\xdf\xbf"));
  CHECK(is_valid("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"));
  CHECK(is_valid("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
  CHECK(is_valid(std::string_view{"\0", 1}));
}

TEST_CASE("overlong forms, surrogates, lone and missing bytes are invalid") {
  for (const char* bad :
       {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98"})
    CHECK_FALSE(is_valid(bad));
  CHECK(valid_utf8_prefix("0123456789\xff") == 10);
}

TEST_CASE("each invalid part becomes one replacement character") {
  CHECK(to_valid_utf8("fine é") == "fine é");
  CHECK(to_valid_utf8("a\xff"
                      "b") == "a" + mark + "b");
  CHECK(to_valid_utf8("\xe2\x82"
                      "x") == mark + "x");
  CHECK(to_valid_utf8("\xf0\x9f\x98") == mark);
  CHECK(to_valid_utf8("\xed\xa0\x80") == mark + mark + mark);
  CHECK(to_valid_utf8("\xff\xfe") == mark + mark);
}

TEST_CASE("a long text is cut between characters") {
  CHECK(to_valid_utf8("abcdef", 6) == "abcdef");
  CHECK(to_valid_utf8("abcdef", 5) == "abcde…");
  CHECK(to_valid_utf8("abcdé", 5) == "abcd…");
  CHECK(to_valid_utf8("abcdéf", 6) == "abcdé…");
  CHECK(to_valid_utf8("😀😀", 6) == "😀…");
  CHECK(to_valid_utf8("😀😀", 0) == "…");
  CHECK(to_valid_utf8("ab\xff"
                      "cd",
                      4) == "ab" + mark + "c…");
}
