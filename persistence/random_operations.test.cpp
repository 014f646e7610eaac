#include <chrono>
#include <random>

#include "persistence/conformance.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/rocksdb/test_folder.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::conformance;

namespace {

/// Generates batches over few keys, so that they often overlap.
class generator {
 public:
  explicit generator(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }

  std::string key() {
    static const std::string letters{
        "\0\x01"
        "ab\x80\xff",
        6};
    std::string text;
    for (std::size_t i = below(5); i > 0; --i) text.push_back(letters[below(letters.size())]);
    return text;
  }

  column any_column() { return all_columns[1 + below(std::size(all_columns) - 1)]; }

  batch any_batch() {
    batch changes;
    for (std::size_t i = below(8); i > 0; --i) {
      const column where = any_column();
      const auto dice = below(10);
      if (dice < 3) {
        changes.erase(where, key());
      } else if (where == column::counters) {
        changes.add(key(), static_cast<std::int64_t>(below(2001)) - 1000);
      } else {
        changes.put(where, key(), std::string(below(dice == 9 ? 5000 : 50), 'v') + key());
      }
    }
    return changes;
  }

  view::range any_range() {
    view::range keys{key(), key(), below(2) == 1};
    if (below(4) == 0) keys.to.clear();
    return keys;
  }

 private:
  std::mt19937 random_;
};

/// Compares reads of both views.
void compare(generator& random, const view& one, const view& other) {
  for (int i = 0; i < 5; ++i) {
    const column where = random.any_column();
    const std::string key = random.key();
    REQUIRE(get(one, where, key) == get(other, where, key));
    REQUIRE(counter(one, key) == counter(other, key));
    const auto keys = random.any_range();
    const auto at_most = random.below(3) == 0 ? 1 + random.below(5) : SIZE_MAX;
    REQUIRE(scan(one, where, keys, at_most) == scan(other, where, keys, at_most));
  }
}

}  // namespace

TEST_CASE("the stores in memory and on RocksDB return the same results",
          "[random][rocksdb][memory]") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  generator random{seed};
  const auto mode = GENERATE(durability::sync, durability::off);
  const rocks::test_folder folder;
  memory_store memory;
  auto disk = rocks::open_good(folder.store(), {.mode = mode});
  std::vector<std::pair<std::shared_ptr<const view>, std::shared_ptr<const view>>> held;

  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{4};
  for (int round = 0; round < 1500 && std::chrono::steady_clock::now() < end; ++round) {
    std::vector<batch> batches;
    for (std::size_t i = random.below(4); i > 0; --i) batches.push_back(random.any_batch());
    held.emplace_back(commit(memory, batches), commit(*disk, batches));
    compare(random, *held.back().first, *held.back().second);
    const auto& earlier = held[random.below(held.size())];
    compare(random, *earlier.first, *earlier.second);
    if (held.size() > 20) held.erase(held.begin() + static_cast<std::ptrdiff_t>(random.below(20)));

    if (random.below(150) == 0) {
      held.clear();
      disk.reset();
      disk = rocks::open_good(folder.store(), {.mode = mode});
    }
  }
  CHECK(contents(*memory.durable_view()) == contents(*disk->durable_view()));
}
