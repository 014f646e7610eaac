#include "flow/values/parse_json.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <random>
#include <string>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;

namespace {

result<json> strict(std::string_view text) {
  return parse_json(text, "the body", 1u << 24, 64);
}

/// The error of a text that is refused, or "".
std::string refusal(std::string_view text) {
  const auto parsed = strict(text);
  if (parsed) return "";
  CHECK(parsed.error().code == errc::invalid_argument);
  return parsed.error().message;
}

}  // namespace

TEST_CASE("a duplicate key is refused with both places", "[json]") {
  CHECK(refusal(R"({"id": 1, "id": 2})") ==
        "the body has the key \"id\" twice, at line 1, column 2 and line 1, column 11");
  CHECK(refusal("{\n  \"nodes\": [],\n  \"edges\": [],\n  \"nodes\": []\n}") ==
        "the body has the key \"nodes\" twice, at line 2, column 3 and line 4, column 3");
  CHECK(refusal(R"({"a": [{"b": {}}, {"c": {"x": 1, "y": [], "x": 1}}]})") ==
        "the body has the key \"x\" twice, at line 1, column 26 and line 1, column 43 (/a/1/c)");
  CHECK(refusal("{\"x\": 1, \"\\u0078\": 2}") ==
        "the body has the key \"x\" twice, at line 1, column 2 and line 1, column 10");
  CHECK(refusal(R"({"": 1, "": 1})") ==
        "the body has the key \"\" twice, at line 1, column 2 and line 1, column 9");
  CHECK(refusal(R"({"x": {"x": 1}, "X": [{"x": 1}, {"x": 1}]})") == "");
  // The first problem counts: what follows the second key is not read.
  CHECK(refusal(R"({"x": 1, "x" oops)").find("twice") != std::string::npos);
  const std::string long_key(1'000, 'k');
  CHECK(refusal("{\"" + long_key + "\": 1, \"" + long_key + "\": 2}").size() < 200);
}

TEST_CASE("a number that cannot be kept exactly is refused with its place", "[json]") {
  CHECK(refusal(R"({"a": [1, 18446744073709551616]})") ==
        "the body has a number that cannot be kept exactly at line 1, column 11 (/a/1): "
        "18446744073709551616 has more than 64 bits; send it as a string");
  CHECK(refusal("-9223372036854775809") ==
        "the body has a number that cannot be kept exactly at line 1, column 1: "
        "-9223372036854775809 has more than 64 bits; send it as a string");
  CHECK(refusal("{\"n\":\n 1e400}") ==
        "the body has a number that cannot be kept exactly at line 2, column 2 (/n): 1e400 is too "
        "large for a double");
  CHECK(refusal("[-1e400]").find("(/0): -1e400 is too large") != std::string::npos);
  CHECK(refusal("[1e-400]").find("(/0): 1e-400 is too small") != std::string::npos);
  CHECK(refusal(std::string(5'000, '9')).size() < 200);
}

TEST_CASE("numbers up to the limits are kept exactly", "[json]") {
  CHECK(strict("18446744073709551615")->get<std::uint64_t>() ==
        std::numeric_limits<std::uint64_t>::max());
  CHECK(strict("-9223372036854775808")->get<std::int64_t>() ==
        std::numeric_limits<std::int64_t>::min());
  CHECK(strict("1.7976931348623157e308")->get<double>() == std::numeric_limits<double>::max());
  CHECK(strict("5e-324")->get<double>() == std::numeric_limits<double>::denorm_min());
  CHECK(strict("0.0")->get<double>() == 0);
  CHECK(strict("0e400")->get<double>() == 0);
  CHECK(strict("[0.1, 1e2, 1e20]")->dump() == "[0.1,100.0,1e+20]");
}

TEST_CASE("text that is not UTF-8, a mark or a NUL byte is refused", "[json]") {
  CHECK(refusal("\xef\xbb\xbf{}") ==
        "the body is not valid JSON at line 1, column 1: it begins with a byte order mark; save it "
        "as UTF-8 without one");
  CHECK(refusal(std::string_view{"{}\n\0{", 5}) ==
        "the body is not valid JSON at line 2, column 1: a NUL byte is not allowed; write it as "
        "\\u0000 in a string");
  for (const char* const bad :
       {R"(["\ud800"])", R"(["\udc00"])", R"(["\ud800\ud800"])", R"({"\ud800": 1})", "[\"\xff\"]",
        "[\"\xc0\xaf\"]", "[\"\xed\xa0\x80\"]", "{\"\xe4\": 1}", "\xff\xfe[]"}) {
    CAPTURE(bad);
    CHECK(refusal(bad).starts_with("the body is not valid JSON at line 1, column"));
  }
  CHECK(strict(R"(["\u0000", "\ud83d\ude42", "é"])")->at(0) == std::string(1, '\0'));
}

TEST_CASE("valid JSON is read as nlohmann reads it", "[json]") {
  std::mt19937 random{7};
  const auto below = [&](unsigned n) { return random() % n; };
  const auto value = [&](const auto& self, int depth) -> json {
    switch (below(depth > 0 ? 8 : 6)) {
      case 0:
        return nullptr;
      case 1:
        return below(2) == 0;
      case 2:
        return static_cast<std::int64_t>(random()) * -7'919;
      case 3:
        return static_cast<double>(random()) / 977;
      case 4:
        return std::string(below(5), static_cast<char>('a' + below(26))) + "\n\"é";
      case 5:
        return below(1'000);
      case 6: {
        json items = json::array();
        for (auto n = below(5); n > 0; --n) items.push_back(self(self, depth - 1));
        return items;
      }
      default: {
        json members = json::object();
        for (auto n = below(5); n > 0; --n)
          members[std::to_string(below(9))] = self(self, depth - 1);
        return members;
      }
    }
  };
  for (int i = 0; i < 2'000; ++i) {
    const json made = value(value, 5);
    CAPTURE(i, made.dump());
    const auto got = strict(made.dump(below(2) == 0 ? -1 : 2));
    REQUIRE(got);
    CHECK(*got == made);
  }
}

TEST_CASE("the strict parser is about as fast as nlohmann's", "[json]") {
  json items = json::array();
  for (int i = 0; i < 4'000; ++i) {
    items.push_back({{"id", i},
                     {"name", "item number " + std::to_string(i)},
                     {"price", i * 1.25},
                     {"tags", {"a", "b", "c"}},
                     {"address", {{"street", "Main Street"}, {"city", "Springfield"}}}});
  }
  const std::string text = items.dump();
  const auto took = [&](const auto& parse) {
    const auto began = std::chrono::steady_clock::now();
    CHECK(parse().size() == 4'000);
    return std::chrono::steady_clock::now() - began;
  };
  auto ours = std::chrono::steady_clock::duration::max();
  auto theirs = ours;
  for (int round = 0; round < 15; ++round) {  // the fastest of each, taken in turn
    ours = std::min(ours, took([&] { return *strict(text); }));
    theirs = std::min(theirs, took([&] { return json::parse(text); }));
  }
  CAPTURE(ours.count(), theirs.count());
  CHECK(ours <= theirs * 3 / 2);
}
