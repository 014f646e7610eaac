#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::persistence::values {

/// Encrypts values with one key: XAES-256-GCM (C2SP, https://c2sp.org/XAES-256-GCM). Each value is
/// encrypted by AES-256-GCM with a random nonce of 96 bits and with a key of its own, derived by
/// AES-CMAC from the key and 96 more random bits. With random nonces alone a key is good for 2^32
/// values, which a busy engine writes in half a day; this way it is good for 2^80. Thread-safe.
class cipher {
 public:
  static constexpr std::size_t key_bytes = 32;
  static constexpr std::size_t nonce_bytes = 24;
  static constexpr std::size_t tag_bytes = 16;

  /// `key` has `key_bytes`.
  explicit cipher(std::string_view key);
  ~cipher();
  cipher(const cipher&) = delete;
  cipher& operator=(const cipher&) = delete;

  /// Appends nonce, ciphertext and tag. `bound_to` is authenticated: only with the same the value
  /// can be opened. Returns false if OpenSSL fails, as without random numbers; `to` is not
  /// specified then.
  [[nodiscard]] bool seal(std::string_view bound_to, std::string_view value, std::string& to) const;
  /// As `seal`, with a nonce of the caller: for known answers in tests.
  [[nodiscard]] bool seal_with(std::string_view nonce, std::string_view bound_to,
                               std::string_view value, std::string& to) const;

  /// Replaces `to` by the value that `seal` was given. Returns false for other bytes, another key
  /// and another `bound_to`.
  [[nodiscard]] bool open(std::string_view bound_to, std::string_view sealed,
                          std::string& to) const;

 private:
  using block = std::array<unsigned char, 16>;
  using derived_key = std::array<unsigned char, key_bytes>;

  /// The key for values whose nonce begins with these 12 bytes.
  [[nodiscard]] bool derive(std::string_view nonce, derived_key& to) const;

  derived_key key_{};
  block subkey_{};  ///< K1 of AES-CMAC
};

}  // namespace pawl::persistence::values
