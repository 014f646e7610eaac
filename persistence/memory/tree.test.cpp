#include "persistence/memory/tree.hpp"

#include <map>
#include <random>

#include "tests/support/catch.hpp"

using namespace pawl::persistence;

namespace {

using model = std::map<std::string, std::string>;

model scanned(const versioned_tree& tree, const view::range& keys = {}) {
  model found;
  tree.scan(keys, [&found](std::string_view key, std::string_view value) {
    found.emplace(key, value);
    return view::next::more;
  });
  return found;
}

}  // namespace

TEST_CASE("a versioned tree behaves like an ordered map, and its copies do not change",
          "[memory][random]") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  versioned_tree tree;
  model expected;
  std::vector<std::pair<versioned_tree, model>> copies;

  for (std::uint64_t epoch = 1; epoch <= 300; ++epoch) {
    const auto changes = 1 + random() % 20;
    for (std::size_t i = 0; i < changes; ++i) {
      const std::string key = std::to_string(random() % 400);
      if (random() % 3 == 0) {
        tree.erase(key, epoch);
        expected.erase(key);
      } else {
        const std::string value = std::to_string(random());
        tree.put(key, value, epoch);
        expected[key] = value;
      }
    }
    copies.emplace_back(tree, expected);

    const std::string key = std::to_string(random() % 400);
    const std::string* found = tree.find(key);
    REQUIRE((found != nullptr) == expected.contains(key));
    if (found != nullptr) REQUIRE(*found == expected[key]);
    const std::string to = std::to_string(random() % 400);
    const model in_range =
        key < to ? model{expected.lower_bound(key), expected.lower_bound(to)} : model{};
    REQUIRE(scanned(tree, {key, to, false}) == in_range);
    REQUIRE(scanned(tree, {key, to, true}) == in_range);
  }
  for (const auto& [copy, then] : copies) REQUIRE(scanned(copy) == then);
}

TEST_CASE("a versioned tree stays shallow for sorted keys", "[memory]") {
  // A degenerate tree of this size would take minutes and overflow the stack on destruction.
  versioned_tree tree;
  for (int i = 0; i < 100'000; ++i) {
    std::string key = std::to_string(i);
    key.insert(0, 8 - key.size(), '0');
    tree.put(key, "", 1);
  }
  CHECK(scanned(tree).size() == 100'000);
}
