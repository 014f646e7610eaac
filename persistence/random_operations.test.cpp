#include <algorithm>
#include <chrono>
#include <functional>
#include <random>

#include "persistence/conformance.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/values/test_codec.hpp"

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
        changes.put_of(scope_name{below(2) == 0 ? "acme" : "other"}, where, key(),
                       std::string(below(dice == 9 ? 5000 : 50), 'v') + key());
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

/// The codec of the store after it was opened so many times: keys are added, and those before them
/// go on to read.
values::codec_ptr codec_after(int openings) {
  std::string keys;
  for (int i = std::min(openings, 8); i >= 0; --i) {
    const char digit = static_cast<char>('1' + i);
    keys += values::key_line("k" + std::to_string(i), digit);
    if (i % 2 == 0)
      keys += values::key_line("acme" + std::to_string(i), static_cast<char>('A' + i / 2), "acme");
  }
  return values::codec_with(keys, openings % 2 == 0);
}

/// Does random operations on both stores. `codec`: that of the store on disk, by its openings.
void check_both(memory_store& memory, durability mode,
                const std::function<values::codec_ptr(int)>& codec) {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  generator random{seed};
  const rocks::test_folder folder;
  int openings = 0;
  const auto open = [&] {
    rocksdb_options options;
    options.mode = mode;
    options.codec = codec(openings++);
    return rocks::open_good(folder.store(), options);
  };
  auto disk = open();
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
      disk = open();
    }
  }
  for (const column where : all_columns) {
    if (where == column::meta) continue;  // the store on disk lists its keys there
    CHECK(scan(*memory.durable_view(), where) == scan(*disk->durable_view(), where));
  }
}

}  // namespace

TEST_CASE("the stores in memory and on RocksDB return the same results",
          "[random][rocksdb][memory]") {
  memory_store memory;
  check_both(memory, GENERATE(durability::sync, durability::off),
             [](int) { return values::codec_ptr{}; });
}

TEST_CASE("stores that compress and encrypt return the same results, whichever key was the first",
          "[random][rocksdb][memory]") {
  memory_store memory{codec_after(2)};
  check_both(memory, durability::sync, codec_after);
}
