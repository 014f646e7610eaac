#include "persistence/values/cipher.hpp"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <new>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <pawl/assert.hpp>

namespace pawl::persistence::values {
namespace {

constexpr std::size_t derivation_bytes = 12;  // of the nonce; the rest is that of AES-GCM
constexpr std::size_t most_at_once = std::size_t{1} << 30;  // OpenSSL takes a length as an int

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

struct free_cipher {
  void operator()(EVP_CIPHER* cipher) const noexcept { ::EVP_CIPHER_free(cipher); }
  void operator()(EVP_CIPHER_CTX* context) const noexcept { ::EVP_CIPHER_CTX_free(context); }
};

/// A context of OpenSSL that has its algorithm already: looking it up takes longer than to encrypt
/// a small value.
class prepared_context {
 public:
  explicit prepared_context(const char* algorithm) : context_(::EVP_CIPHER_CTX_new()) {
    if (!context_) throw std::bad_alloc{};
    const std::unique_ptr<EVP_CIPHER, free_cipher> found{
        ::EVP_CIPHER_fetch(nullptr, algorithm, nullptr)};
    PAWL_ASSERT(found != nullptr, "OpenSSL has AES-256");
    const int done =
        ::EVP_CipherInit_ex2(context_.get(), found.get(), nullptr, nullptr, 1, nullptr);
    PAWL_ASSERT(done == 1, "OpenSSL prepares AES-256");
  }

  [[nodiscard]] EVP_CIPHER_CTX* get() const noexcept { return context_.get(); }

 private:
  std::unique_ptr<EVP_CIPHER_CTX, free_cipher> context_;
};

EVP_CIPHER_CTX* block_context() {
  thread_local const prepared_context mine{"AES-256-ECB"};
  return mine.get();
}

EVP_CIPHER_CTX* gcm_context() {
  thread_local const prepared_context mine{"AES-256-GCM"};
  return mine.get();
}

/// Random bytes for the nonces of a thread. OpenSSL takes as long for one as for many.
class nonce_source {
 public:
  /// Returns false if OpenSSL has no random bytes.
  bool take(char (&nonce)[cipher::nonce_bytes]) {
    // A process that was forked must not use the bytes of its parent.
    if (left_ == 0 || owner_ != ::getpid()) {
      if (::RAND_bytes(bytes_.data(), static_cast<int>(bytes_.size())) != 1) return false;
      left_ = bytes_.size();
      owner_ = ::getpid();
    }
    left_ -= cipher::nonce_bytes;
    std::copy_n(bytes_.data() + left_, cipher::nonce_bytes, nonce);
    return true;
  }

 private:
  std::array<unsigned char, cipher::nonce_bytes * 64> bytes_{};
  std::size_t left_ = 0;
  ::pid_t owner_ = 0;
};

/// Whole blocks, without padding.
template <class From, class To>
bool encrypt_blocks(const std::array<unsigned char, 32>& key, const From& from, To& to) {
  EVP_CIPHER_CTX* const context = block_context();
  int written = 0;
  return ::EVP_CipherInit_ex2(context, nullptr, key.data(), nullptr, 1, nullptr) == 1 &&
         ::EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
         ::EVP_CipherUpdate(context, to.data(), &written, from.data(),
                            static_cast<int>(from.size())) == 1 &&
         written == static_cast<int>(to.size());
}

/// Encrypts or decrypts; `to` has room for as many bytes, or is null for bytes that are only
/// authenticated.
bool pass(EVP_CIPHER_CTX* context, std::string_view from, unsigned char* to) {
  while (!from.empty()) {
    const std::string_view part = from.substr(0, most_at_once);
    int written = 0;
    if (::EVP_CipherUpdate(context, to, &written, bytes_of(part), static_cast<int>(part.size())) !=
        1)
      return false;
    if (to != nullptr) to += part.size();
    from.remove_prefix(part.size());
  }
  return true;
}

bool begin(EVP_CIPHER_CTX* context, const std::array<unsigned char, 32>& key,
           std::string_view nonce, bool encrypts, std::string_view bound_to) {
  return ::EVP_CipherInit_ex2(context, nullptr, key.data(), bytes_of(nonce), encrypts ? 1 : 0,
                              nullptr) == 1 &&
         pass(context, bound_to, nullptr);
}

}  // namespace

cipher::cipher(std::string_view key) {
  PAWL_ASSERT(key.size() == key_bytes, "a key has 256 bits");
  std::copy_n(bytes_of(key), key_bytes, key_.begin());
  block zero{};
  const bool done = encrypt_blocks(key_, zero, subkey_);
  PAWL_ASSERT(done, "OpenSSL encrypts a block");
  // Doubles it in GF(2^128).
  const bool carry = (subkey_[0] & 0x80) != 0;
  for (std::size_t i = 0; i < subkey_.size(); ++i) {
    const unsigned next = i + 1 < subkey_.size() ? subkey_[i + 1] >> 7 : 0u;
    subkey_[i] = static_cast<unsigned char>(static_cast<unsigned>(subkey_[i]) << 1 | next);
  }
  if (carry) subkey_.back() ^= 0x87;
}

cipher::~cipher() {
  ::OPENSSL_cleanse(key_.data(), key_.size());
  ::OPENSSL_cleanse(subkey_.data(), subkey_.size());
}

bool cipher::derive(std::string_view nonce, derived_key& to) const {
  std::array<unsigned char, 32> blocks{};
  for (std::size_t half = 0; half < 2; ++half) {
    unsigned char* const at = blocks.data() + 16 * half;
    at[1] = static_cast<unsigned char>(half + 1);
    at[2] = 'X';
    std::copy_n(bytes_of(nonce), derivation_bytes, at + 4);
    for (std::size_t i = 0; i < subkey_.size(); ++i) at[i] ^= subkey_[i];
  }
  return encrypt_blocks(key_, blocks, to);
}

bool cipher::seal(std::string_view bound_to, std::string_view value, std::string& to) const {
  thread_local nonce_source random;
  char nonce[nonce_bytes];
  if (!random.take(nonce)) return false;
  return seal_with({nonce, sizeof nonce}, bound_to, value, to);
}

bool cipher::seal_with(std::string_view nonce, std::string_view bound_to, std::string_view value,
                       std::string& to) const {
  PAWL_ASSERT(nonce.size() == nonce_bytes, "a nonce has 192 bits");
  derived_key key;
  if (!derive(nonce, key)) return false;
  to.append(nonce);
  const std::size_t at = to.size();
  to.resize(at + value.size() + tag_bytes);
  auto* const out = reinterpret_cast<unsigned char*>(to.data()) + at;
  EVP_CIPHER_CTX* const context = gcm_context();
  int written = 0;
  const bool done =
      begin(context, key, nonce.substr(derivation_bytes), true, bound_to) &&
      pass(context, value, out) &&
      ::EVP_CipherFinal_ex(context, out + value.size(), &written) == 1 &&
      ::EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_bytes, out + value.size()) == 1;
  ::OPENSSL_cleanse(key.data(), key.size());
  return done;
}

bool cipher::open(std::string_view bound_to, std::string_view sealed, std::string& to) const {
  if (sealed.size() < nonce_bytes + tag_bytes) return false;
  const std::string_view nonce = sealed.substr(0, nonce_bytes);
  const std::string_view value =
      sealed.substr(nonce_bytes, sealed.size() - nonce_bytes - tag_bytes);
  std::array<unsigned char, tag_bytes> tag;
  std::copy_n(bytes_of(sealed) + sealed.size() - tag_bytes, tag_bytes, tag.begin());
  derived_key key;
  if (!derive(nonce, key)) return false;
  to.resize(value.size());
  auto* const out = reinterpret_cast<unsigned char*>(to.data());
  EVP_CIPHER_CTX* const context = gcm_context();
  unsigned char rest[16];
  int written = 0;
  const bool good =
      begin(context, key, nonce.substr(derivation_bytes), false, bound_to) &&
      pass(context, value, out) &&
      ::EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1 &&
      ::EVP_CipherFinal_ex(context, rest, &written) == 1;
  ::OPENSSL_cleanse(key.data(), key.size());
  return good;
}

}  // namespace pawl::persistence::values
