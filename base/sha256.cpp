#include <openssl/sha.h>

#include <array>

#include <pawl/detail/hex.hpp>
#include <pawl/detail/sha256.hpp>

namespace pawl::detail {

std::string sha256_128(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  constexpr std::size_t kept_bytes = 16;
  std::string made;
  made.reserve(2 * kept_bytes);
  for (std::size_t i = 0; i < kept_bytes; ++i) append_hex_byte(made, digest[i]);
  return made;
}

}  // namespace pawl::detail
