#pragma once

#include <memory>
#include <string>

#include "persistence/values/codec_ptr.hpp"
#include "persistence/values/value_codec.hpp"
#include "tests/support/catch.hpp"

/// Helpers for tests of stored values.
namespace pawl::persistence::values {

/// A codec with the keys of a key file.
inline codec_ptr codec_with(const std::string& key_file, bool compresses = true) {
  auto ring = key_ring::parse(key_file, "keys.txt");
  if (!ring) FAIL(ring.error().message);
  return std::make_shared<const value_codec>(compresses,
                                             std::make_shared<const key_ring>(*std::move(ring)));
}

/// A line of a key file: a key whose digits are all the same.
inline std::string key_line(const std::string& name, char digit, const std::string& scope = {}) {
  return name + " " + std::string(64, digit) + " " + scope + "\n";
}

}  // namespace pawl::persistence::values
