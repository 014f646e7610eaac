#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace pawl::detail {

/// The first 128 bits of the SHA-256 (FIPS 180-4) of a text, as 32 lower-case hexadecimal digits.
/// For ids that are derived from what callers choose: nobody can find two texts with the same id.
/// Stored ids depend on it: never change it.
[[nodiscard]] std::string sha256_128(std::string_view text);

/// The whole SHA-256, as 32 bytes.
[[nodiscard]] std::string sha256_bytes(std::string_view text);

/// The SHA-256 of bytes that come in parts. Not thread-safe.
class sha256_sum {
 public:
  sha256_sum();
  sha256_sum(sha256_sum&&) noexcept;
  sha256_sum& operator=(sha256_sum&&) noexcept;
  ~sha256_sum();

  void add(std::string_view bytes);
  /// The sum of all bytes, as 32 bytes. Call it once, last.
  [[nodiscard]] std::string finish();

 private:
  struct context;
  std::unique_ptr<context> context_;
};

/// HMAC (RFC 2104) with SHA-256, as 32 bytes.
[[nodiscard]] std::string hmac_sha256_bytes(std::string_view key, std::string_view text);

}  // namespace pawl::detail
