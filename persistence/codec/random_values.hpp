#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include <pawl/json.hpp>

#include "flow/testing/random_source.hpp"

/// Random numbers, texts and JSON values of every form, for tests.
namespace pawl::persistence::samples {

using flow::testing::random_source;

/// Of any length in bits.
inline std::uint64_t random_number(random_source& random) {
  return random.next() >> random.below(64);
}
inline std::uint32_t random_small(random_source& random) {
  return static_cast<std::uint32_t>(random.next() >> (32 + random.below(32)));
}

inline std::string random_text(random_source& random) {
  // Lengths around the limits of the forms of a length.
  constexpr std::size_t lengths[] = {0, 1, 5, 23, 24, 127, 128, 255, 256, 300};
  std::string text(random.chance(20) ? random.pick(lengths) : random.below(12), '\0');
  for (char& c : text)
    c = static_cast<char>(random.chance(10) ? random.next() : 'a' + random.below(26));
  return text;
}

inline json random_scalar(random_source& random) {
  constexpr double odd[] = {0.0,
                            -0.0,
                            0.5,
                            1e300,
                            5e-324,
                            std::numeric_limits<float>::max(),
                            std::numeric_limits<double>::max(),
                            std::numeric_limits<double>::infinity(),
                            -std::numeric_limits<double>::infinity()};
  switch (random.below(7)) {
    case 0:
      return nullptr;
    case 1:
      return random.chance(2);
    case 2:
      return random_number(random);
    case 3:
      return static_cast<std::int64_t>(random.next()) >> random.below(64);
    case 4:
      return random.pick(odd);
    case 5: {
      const auto number = std::bit_cast<double>(random.next());
      return std::isnan(number) ? 0.1 : number;
    }
    default:
      return random_text(random);
  }
}

inline json random_value(random_source& random, int depth = 3) {
  if (depth == 0 || random.chance(2)) return random_scalar(random);
  // More than 23 items need another form of the head.
  const std::size_t items = random.chance(20) ? 20 + random.below(10) : random.below(5);
  json value = random.chance(2) ? json::object() : json::array();
  for (std::size_t i = 0; i < items; ++i) {
    if (value.is_object()) {
      value[random_text(random)] = random_value(random, depth - 1);
    } else {
      value.push_back(random_value(random, depth - 1));
    }
  }
  return value;
}

inline json random_object(random_source& random) {
  json value = json::object();
  for (std::size_t i = random.below(4); i > 0; --i)
    value[random_text(random)] = random_value(random, 2);
  return value;
}

}  // namespace pawl::persistence::samples
