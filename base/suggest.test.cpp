#include "pawl/suggest.hpp"

#include <array>
#include <string>

#include "tests/support/catch.hpp"

using pawl::nearest;

namespace {
constexpr std::array<std::string_view, 5> types{"start", "end", "task", "condition", "parallel"};
}  // namespace

TEST_CASE("A typo suggests the known word at the smallest edit distance") {
  CHECK(nearest("taks", types) == "task");
  CHECK(nearest("conditon", types) == "condition");
  CHECK(nearest("paralell", types) == "parallel");
  CHECK(nearest("Start", types) == "start");
}

TEST_CASE("An exact match is its own nearest word") {
  CHECK(nearest("end", types) == "end");
}

TEST_CASE("A word far from every known word suggests none") {
  CHECK_FALSE(nearest("subflow", types));
  CHECK_FALSE(nearest("x", types));
  CHECK_FALSE(nearest("", types));
  CHECK_FALSE(nearest("task", {}));
}

TEST_CASE("Of equally near words the first is suggested") {
  constexpr std::array<std::string_view, 2> known{"cart", "card"};
  CHECK(nearest("carx", known) == "cart");
}

TEST_CASE("A very long word is ignored") {
  const std::string long_word(65, 'a');
  const std::array<std::string_view, 1> known{long_word};
  CHECK_FALSE(nearest(long_word, known));
}
