#include "flow/values/json_size.hpp"

#include <limits>

#include "flow/machine/machine.hpp"
#include "flow/testing/driven_run.hpp"
#include "flow/testing/random_source.hpp"
#include "flow/values/value_check.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

/// Containers that are not empty: each counts one comma too many.
std::size_t extra_commas(const json& value) {
  if (!value.is_structured()) return 0;
  std::size_t sum = value.empty() ? 0 : 1;
  for (const auto& item : value) sum += extra_commas(item);
  return sum;
}

const std::vector<json> samples = {
    nullptr,
    true,
    false,
    0,
    7,
    -7,
    10,
    99,
    100,
    std::numeric_limits<std::int64_t>::min(),
    std::numeric_limits<std::int64_t>::max(),
    std::numeric_limits<std::uint64_t>::max(),
    "",
    "plain",
    "a longer text that fills several words of eight bytes",
    "quotes \" and \\ backslashes, more than eight bytes of them \"\"\"\"",
    "\b\f\n\r\t",
    std::string("\x00\x01\x1f\x7f", 4),
    "äöü 漢字 €",
    json::array(),
    json::object(),
    json::array({1, 2, json::array({3})}),
    json{{"key", "value"}, {"k\n", json{{"\"", nullptr}}}},
};

}  // namespace

TEST_CASE("the size of a value is the length of its compact text", "[json_size]") {
  for (const auto& value : samples) {
    CAPTURE(value.dump());
    CHECK(json_size(value) == value.dump().size() + extra_commas(value));
  }
}

TEST_CASE("a floating-point number counts as 18 bytes", "[json_size]") {
  for (const double number : {0.5, -1e300, 1.0 / 3}) CHECK(json_size(number) == json_float_size);
}

TEST_CASE("each escape counts wherever it is in a text", "[json_size]") {
  for (std::size_t length = 1; length < 40; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      for (const char c : {'"', '\\', '\n', '\x01', '\x1f', ' ', '!', '#', '[', ']', '\x7f'}) {
        std::string text(length, 'x');
        text[at] = c;
        REQUIRE(json_string_size(text) == json(text).dump().size());
      }
    }
  }
}

TEST_CASE("the size of a container is the sum of what its members add", "[json_size]") {
  const json object{{"a", 1}, {"b\n", "x"}};
  CHECK(json_size(object) == json_container_size + json_key_size("a") + json_size(1) +
                                 json_key_size("b\n") + json_size("x"));
  CHECK(json_size({1, "x"}) ==
        json_container_size + 2 * json_item_size + json_size(1) + json_size("x"));
}

TEST_CASE("every limit in bytes takes and refuses the same values", "[json_size]") {
  for (const auto& value : samples) {
    const json input{{"x", value}};
    const std::size_t size = json_size(input);
    CAPTURE(input.dump(), size);
    // The limit of a function's result.
    CHECK_FALSE(find_problem(input, {size, max_value_depth}).has_value());
    CHECK(find_problem(input, {size - 1, max_value_depth}).has_value());
    // The limit of a run's data, for its input.
    for (const bool fits : {true, false}) {
      limits allowed;
      allowed.max_state_bytes = fits ? size : size - 1;
      driven_run run{chain({start(), end()}), allowed};
      CHECK(run.begin(input).has_value() == fits);
    }
    // The limit of a signal's payload.
    for (const bool fits : {true, false}) {
      limits allowed;
      allowed.max_signal_bytes = fits ? size : size - 1;
      driven_run run{chain({start(), task("a"), end()}), allowed};
      REQUIRE(run.begin());
      CHECK(run.apply(signal_command{"go", input, ""}).has_value() == fits);
    }
  }
}
