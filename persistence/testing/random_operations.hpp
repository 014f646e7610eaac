#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "persistence/conformance.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/values/test_codec.hpp"

/// Random batches and reads, for comparing two stores.
namespace pawl::persistence::testing {

/// Generates batches over few keys, so that they often overlap.
class batch_generator {
 public:
  explicit batch_generator(std::uint32_t seed) : random_(seed) {}

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
inline void compare(batch_generator& random, const view& one, const view& other) {
  for (int i = 0; i < 5; ++i) {
    const column where = random.any_column();
    const std::string key = random.key();
    REQUIRE(conformance::get(one, where, key) == conformance::get(other, where, key));
    REQUIRE(conformance::counter(one, key) == conformance::counter(other, key));
    const auto keys = random.any_range();
    const auto at_most = random.below(3) == 0 ? 1 + random.below(5) : SIZE_MAX;
    REQUIRE(conformance::scan(one, where, keys, at_most) ==
            conformance::scan(other, where, keys, at_most));
  }
}

/// The codec of a store that was opened so many times before: keys are added, and those before them
/// still read.
inline values::codec_ptr codec_after(int openings) {
  std::string keys;
  for (int i = std::min(openings, 8); i >= 0; --i) {
    const char digit = static_cast<char>('1' + i);
    keys += values::key_line("k" + std::to_string(i), digit);
    if (i % 2 == 0)
      keys += values::key_line("acme" + std::to_string(i), static_cast<char>('A' + i / 2), "acme");
  }
  return values::codec_with(keys, openings % 2 == 0);
}

/// Makes the same random changes in a store in memory and in the one that `open` returns, and
/// compares what they return, for `time` at most. `open` is called again after the store was
/// closed, with the number of calls before. Prints its seed in a failure.
inline void compare_with_memory(memory_store& memory,
                                const std::function<std::unique_ptr<store>(int)>& open,
                                std::chrono::seconds time) {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  batch_generator random{seed};
  int openings = 0;
  auto tested = open(openings++);
  std::vector<std::pair<std::shared_ptr<const view>, std::shared_ptr<const view>>> held;

  const auto end = std::chrono::steady_clock::now() + time;
  for (int round = 0; round < 1500 && std::chrono::steady_clock::now() < end; ++round) {
    std::vector<batch> batches;
    for (std::size_t i = random.below(4); i > 0; --i) batches.push_back(random.any_batch());
    held.emplace_back(conformance::commit(memory, batches), conformance::commit(*tested, batches));
    compare(random, *held.back().first, *held.back().second);
    const auto& earlier = held[random.below(held.size())];
    compare(random, *earlier.first, *earlier.second);
    if (held.size() > 20) held.erase(held.begin() + static_cast<std::ptrdiff_t>(random.below(20)));

    if (random.below(150) == 0) {
      held.clear();
      tested.reset();
      tested = open(openings++);
    }
  }
  for (const column where : all_columns) {
    if (where == column::meta) continue;  // the tested store lists its keys there
    CHECK(conformance::scan(*memory.durable_view(), where) ==
          conformance::scan(*tested->durable_view(), where));
  }
}

}  // namespace pawl::persistence::testing
