#include <openssl/sha.h>

#include <pawl/detail/hex.hpp>
#include <pawl/detail/sha256.hpp>

namespace pawl::detail {

std::string sha256_bytes(std::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

std::string sha256_128(std::string_view text) {
  return to_hex(std::string_view{sha256_bytes(text)}.substr(0, 16));
}

}  // namespace pawl::detail
