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

struct sha256_sum::context {
  context() : of(::EVP_MD_CTX_new()) {
    PAWL_ASSERT(of != nullptr && ::EVP_DigestInit_ex(of, ::EVP_sha256(), nullptr) == 1,
                "OpenSSL has SHA-256");
  }
  context(const context&) = delete;
  context& operator=(const context&) = delete;
  ~context() { ::EVP_MD_CTX_free(of); }

  EVP_MD_CTX* of;
};

sha256_sum::sha256_sum() : context_(std::make_unique<context>()) {}
sha256_sum::sha256_sum(sha256_sum&&) noexcept = default;
sha256_sum& sha256_sum::operator=(sha256_sum&&) noexcept = default;
sha256_sum::~sha256_sum() = default;

void sha256_sum::add(std::string_view bytes) {
  const int added = ::EVP_DigestUpdate(context_->of, bytes.data(), bytes.size());
  PAWL_ASSERT(added == 1, "OpenSSL takes further bytes");
}

std::string sha256_sum::finish() {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  const int made =
      ::EVP_DigestFinal_ex(context_->of, reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  PAWL_ASSERT(made == 1, "OpenSSL finishes a sum once");
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
