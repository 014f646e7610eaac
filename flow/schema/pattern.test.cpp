#include "flow/schema/pattern.hpp"

#include "flow/schema/pattern_syntax.hpp"
#include "tests/support/catch.hpp"

namespace pawl::flow::schema {
namespace {

bool matches(std::string_view text, std::string_view value) {
  pattern_memory memory;
  const auto compiled = pattern::compile(text, memory);
  if (!compiled) FAIL(text << " " << compiled.error().message);
  return compiled->matches(value);
}

std::string problem(std::string_view text) {
  pattern_memory memory;
  const auto compiled = pattern::compile(text, memory);
  return compiled ? "" : compiled.error().message;
}

std::size_t width(std::string_view text) {
  return translate_pattern(text).value().width;
}

}  // namespace

TEST_CASE("a pattern matches code points, anywhere in the text", "[schema][pattern]") {
  CHECK(matches("^.{1,3}$", "äöü"));
  CHECK_FALSE(matches("^.{1,3}$", "äöüx"));
  CHECK(matches("^.$", "🐲"));
  CHECK(matches("b+", "abbc"));
  CHECK_FALSE(matches("^b", "ab"));
  CHECK_FALSE(matches("^abc$", "abc\n"));
  CHECK_FALSE(matches("^.$", "\n"));
  CHECK_FALSE(matches("^.$", "\u2028"));
  CHECK(matches("^[^]$", "\n"));
  CHECK_FALSE(matches("[]", "a"));
  CHECK(matches("^\\uD83D\\uDC32\\u{1F432}\\x41\\cA\\0$", std::string{"🐲🐲A\x01\0", 11}));
  CHECK(matches("^[\\S\\d]+$", "äb1"));
  CHECK_FALSE(matches("^\\S$", "\u00A0"));
  CHECK(matches("^[\\w-]+$", "a-b_c"));
  CHECK(matches("^[a-\\d]+$", "a-7"));
  CHECK(matches("^\\p{L}\\p{Uppercase_Letter}\\p{Script=Greek}\\P{N}$", "äÄαx"));
  CHECK(matches("^(?<year>\\d{4})-(?:0[1-9]|1[0-2])$", "2026-11"));
  CHECK(matches("^a{,2}$", "a{,2}"));
  CHECK(matches("^a+?b??c*?$", "aac"));
  CHECK(matches("\\bword\\b", "a word."));
}

TEST_CASE("a pattern that cannot be matched in linear time is refused", "[schema][pattern]") {
  const std::string why = ", which cannot be matched in linear time (see RE2)";
  CHECK(problem("^(?=a)") == "has a look-ahead" + why);
  CHECK(problem("a(?!b)") == "has a look-ahead" + why);
  CHECK(problem("(?<=a)b") == "has a look-behind" + why);
  CHECK(problem("(?<!a)b") == "has a look-behind" + why);
  CHECK(problem("(a)\\1") == "has a back-reference (\\1)" + why);
  CHECK(problem("(?<n>a)\\k<n>") == "has a back-reference (\\k)" + why);
}

TEST_CASE("text that is not a pattern is refused, with the reason", "[schema][pattern]") {
  CHECK(problem("(a") == "has a \"(\" without its \")\"");
  CHECK(problem("a)") == "has a \")\" without its \"(\"");
  CHECK(problem("[a") == "has a \"[\" without its \"]\"");
  CHECK(problem("*a") == "has a \"*\" with nothing before it to repeat");
  CHECK(problem("a|+") == "has a \"+\" with nothing before it to repeat");
  CHECK(problem("{2}") == "has a repetition with nothing before it to repeat");
  CHECK(problem("^*") == "has a \"*\" after an assertion, which has nothing to repeat");
  CHECK(problem("a**") == "has a \"*\" after a repetition");
  CHECK(problem("a{3,2}") == "has a repetition whose maximum is less than its minimum");
  CHECK(problem("[z-a]") == "has a range in \"[…]\" that is out of order");
  CHECK(problem("\\") == "ends with a backslash");
  CHECK(problem("\\q") == "has the unknown escape \"\\q\"");
  CHECK(problem("\\ud800") == "has the unknown escape \"\\u\"");
  CHECK(problem("\\u{110000}") == "has the unknown escape \"\\u\"");
  CHECK(problem("(?i)a") ==
        "has an unknown kind of group; \"(\", \"(?:\" and \"(?<name>\" are known");
  CHECK(problem("\\p{Nonsense}").starts_with("is not accepted by RE2: "));
  CHECK(problem("\xff") == "is not valid UTF-8");
}

TEST_CASE("the size and the memory of patterns are limited", "[schema][pattern]") {
  CHECK(problem("a{1001}").starts_with("repeats more than 1000 times"));
  CHECK(problem("(a{1000}){1000}").starts_with("is too large: repetitions written out"));
  CHECK(problem(std::string(60, '(') + std::string(60, ')')) == "has more than 50 nested groups");
  CHECK(problem("^\\p{L}{1,100}$").empty());
  CHECK(problem("^.{1,1000}$").empty());

  pattern_memory memory;
  std::size_t accepted = 0;
  while (pattern::compile("[^a]{1,900}", memory)) ++accepted;
  CHECK(accepted >= 8);
  CHECK(accepted <= pattern_memory::limit / (128u << 10));
}

TEST_CASE("the width of a pattern counts what can match at once", "[schema][pattern]") {
  CHECK(width("^[a-z]{1,64}$") == 1);
  CHECK(width("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{12}$") == 1);
  CHECK(width("^([a-z]+ ?)*$") == 2);
  CHECK(width("^a(b|cd)e$") == 2);
  CHECK(width("abc") == 3);
  CHECK(width("^a|bc$") == 3);
  CHECK(width("^(.*){50}$") == 50);
}

TEST_CASE("patterns that take other matchers exponential time take linear time",
          "[schema][pattern]") {
  pattern_memory memory;
  std::string nested = "a";
  for (int i = 0; i < 20; ++i) nested = "(" + nested + "|b)+";
  for (const std::string& text : {std::string{"^([a-z]+ ?)*$"}, std::string{"^(a+)+$"}, nested}) {
    const auto compiled = pattern::compile(text, memory);
    REQUIRE(compiled);
    // std::regex recurses once for each character.
    CHECK(compiled->matches(std::string(1'000'000, 'a')));
    CHECK(compiled->steps(2'000) <= 2 * compiled->steps(1'000));
  }
}

}  // namespace pawl::flow::schema
