#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include <pawl/assert.hpp>

namespace pawl::flow::testing {

/// Pseudorandom numbers that depend on the seed alone, on every machine and with every standard
/// library. A value: a copy continues like the original.
///
/// Algorithm: SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators,
/// 2014).
class random_source {
 public:
  explicit random_source(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  /// From 0 to `n` - 1. Slightly uneven for huge `n`, which does not matter for tests.
  std::size_t below(std::size_t n) {
    PAWL_ASSERT(n > 0, "a random number below zero was asked for");
    return static_cast<std::size_t>(next() % n);
  }
  int between(int least, int most) {
    return least + static_cast<int>(below(static_cast<std::size_t>(most - least) + 1));
  }
  /// True once in `one_in` times.
  bool chance(std::size_t one_in) { return below(one_in) == 0; }

  /// An item of a list, which must not be empty.
  template <class List>
  const auto& pick(const List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::uint64_t state_;
};

/// FNV-1a (Fowler, Noll, Vo), to derive seeds from texts and numbers.
inline std::uint64_t mix(std::uint64_t hash, std::string_view text) noexcept {
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3u;
  }
  return (hash ^ text.size()) * 0x100000001b3u;
}

}  // namespace pawl::flow::testing
