#include <limits>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <pawl/assert.hpp>
#include <pawl/detail/hex.hpp>
#include <pawl/detail/sha256.hpp>

namespace pawl::detail {

std::string sha256_bytes(std::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

std::string hmac_sha256_bytes(std::string_view key, std::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  PAWL_ASSERT(key.size() <= std::numeric_limits<int>::max(), "OpenSSL takes the length as an int");
  // A null key means that of an earlier call.
  const auto* const made =
      ::HMAC(::EVP_sha256(), key.empty() ? "" : key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(),
             reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  PAWL_ASSERT(made != nullptr, "OpenSSL has SHA-256");
  return digest;
}

std::string sha256_128(std::string_view text) {
  return to_hex(std::string_view{sha256_bytes(text)}.substr(0, 16));
}

}  // namespace pawl::detail
