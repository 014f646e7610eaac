#include <pawl/detail/safe_text.hpp>

#include <pawl/json.hpp>

#include "tests/support/catch.hpp"

using pawl::detail::escaped_unsafe;
using pawl::detail::is_control;
using pawl::detail::is_unsafe_to_show;

TEST_CASE("control characters are those of C0 and C1, and DEL") {
  for (const std::string_view one : {"\x01", "\n", "\x1f", "\x7f", "\xc2\x80", "\xc2\x9f"})
    CHECK(is_control(one));
  CHECK(is_control(std::string_view{"\0", 1}));
  for (const std::string_view other :
       {" ", "~", "\xc2\xa0", "ä", "\xe2\x80\xae", "\xf0\x9f\x98\x80"})
    CHECK_FALSE(is_control(other));
}

TEST_CASE("marks that reorder text and ends of lines are unsafe to show") {
  for (const std::string_view one :
       {"\x1b", "\xd8\x9c", "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xae",
        "\xe2\x81\xa6", "\xe2\x81\xa9", "\xef\xbb\xbf"})
    CHECK(is_unsafe_to_show(one));
  for (const std::string_view other : {"a", "é", "漢", "א", "\xe2\x80\x8d", "\xf0\x9f\x98\x80"})
    CHECK_FALSE(is_unsafe_to_show(other));
}

TEST_CASE("unsafe characters are shown as escapes of JSON") {
  CHECK(escaped_unsafe("plain äöü 漢字 \xf0\x9f\x98\x80") == "plain äöü 漢字 \xf0\x9f\x98\x80");
  CHECK(escaped_unsafe("\x1b[2J\n\t\xc2\x9b") == "\\u001b[2J\\n\\t\\u009b");
  CHECK(escaped_unsafe("a\xe2\x80\xae"
                       "b\xef\xbb\xbf") == "a\\u202eb\\ufeff");
  CHECK(escaped_unsafe("a\nb\x7f", true) == "a\nb\\u007f");
  CHECK(escaped_unsafe("\x9b") == "\xef\xbf\xbd");
  const pawl::json value{{"id",
                          "a\xe2\x80\xae"
                          "b"}};
  CHECK(pawl::json::parse(escaped_unsafe(value.dump())) == value);
}
