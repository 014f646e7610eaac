#pragma once

#include <cstdint>
#include <string_view>

namespace pawl::detail {

inline constexpr std::uint64_t fnv1a_offset = 0xcbf29ce484222325;

/// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), 64 bits. Stored ids depend on it: never
/// change it.
[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view bytes,
                                            std::uint64_t hash = fnv1a_offset) noexcept {
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

}  // namespace pawl::detail
