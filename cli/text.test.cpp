#include "cli/text.hpp"

#include "tests/support/catch.hpp"

using namespace pawl::cli;
using pawl::json;

TEST_CASE("control and invisible characters are escaped") {
  CHECK(printable("plain äöü 漢字") == "plain äöü 漢字");
  CHECK(printable("\x1b[2J\x07") == "\\u001b[2J\\u0007");
  CHECK(printable("a\nb\tc\rd") == "a\\nb\\tc\\u000dd");
  CHECK(printable("\x7f") == "\\u007f");
  CHECK(printable("\xc2\x9b") == "\\u009b");      // CSI of C1
  CHECK(printable("\xe2\x80\xae") == "\\u202e");  // right-to-left override
  CHECK(printable("\x9b") == "\xef\xbf\xbd");     // invalid UTF-8
  CHECK(printable("cut \xe6\xbc") == "cut \xef\xbf\xbd");
  CHECK(printable_lines("a\n\x1b") == "a\n\\u001b");
}

TEST_CASE("markup is text in HTML and XML") {
  CHECK(markup_text("<a b=\"c\" d='e'>&\x1b") ==
        "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\\u001b");
}

TEST_CASE("printable JSON parses to the same value") {
  const json value{{"csi \xc2\x9b", "bell \x07 del \x7f line\nbreak"}};
  CHECK(json::parse(one_line(value)) == value);
  CHECK(json::parse(indented(value)) == value);
  CHECK(one_line(value).find('\n') == std::string::npos);
}

TEST_CASE("text width is measured in columns") {
  CHECK(display_width("") == 0);
  CHECK(display_width("abc") == 3);
  CHECK(display_width("äö") == 2);
  CHECK(display_width("漢字") == 4);
  CHECK(display_width("e\xcc\x81") == 1);
  CHECK(fit("verify the archive", 10, "…") == "verify th…");
  CHECK(fit("漢字漢字", 5, "…") == "漢字…");
  CHECK(fit("short", 10, "…") == "short");
  CHECK(fit("abc", 0, "…").empty());
  CHECK(pad("ä", 3) == "ä  ");
  CHECK(pad_left("ä", 3) == "  ä");
}

TEST_CASE("sizes have the largest unit that fits") {
  CHECK(size_text(0) == "0 B");
  CHECK(size_text(1'023) == "1023 B");
  CHECK(size_text(1'024) == "1.0 KiB");
  CHECK(size_text((1u << 20) - 1) == "1.0 MiB");
  CHECK(size_text(3'221'225'472) == "3.0 GiB");
  CHECK(size_text(std::uint64_t{5'000} << 40) == "5000.0 TiB");
}

TEST_CASE("durations are short and rounded down") {
  CHECK(duration_text(-5) == "<1ms");
  CHECK(duration_text(999) == "<1ms");
  CHECK(duration_text(310'999) == "310ms");
  CHECK(duration_text(1'209'000) == "1.20s");
  CHECK(duration_text(59'999'999) == "59.9s");
  CHECK(duration_text(185'000'000) == "3m 05s");
  CHECK(duration_text(7'620'000'000) == "2h 07m");
  CHECK(duration_text(273'600'000'000) == "3d 4h");
}

TEST_CASE("a quoted shell word keeps its value") {
  CHECK(shell_word("/var/lib/pawl") == "/var/lib/pawl");
  CHECK(shell_word("my data") == "'my data'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("a b 漢 \\") == "'a b 漢 \\'");
  CHECK(shell_word("it's\\\xe2\x80\xae") == "$'it\\'s\\\\\\u202e'");
}
