#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::persistence::postgres {

/// The binary form of a bigint: 8 bytes, high first.
[[nodiscard]] std::string encode_bigint(std::int64_t number);
/// The number in the binary form of a boolean, smallint, integer or bigint.
[[nodiscard]] std::int64_t decode_number(std::string_view bytes) noexcept;

/// Builds the binary form of an array of one dimension without nulls. Not thread-safe.
class array_builder {
 public:
  enum class element : std::uint32_t { bytea = 17, bigint = 20 };
  explicit array_builder(element type) : type_(type) {}

  void add(std::string_view binary);
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  /// The array. Nothing may be added afterwards.
  [[nodiscard]] std::string_view finish();

 private:
  const element type_;
  std::uint32_t count_ = 0;
  std::string bytes_ = std::string(20, '\0');  ///< the header first
};

}  // namespace pawl::persistence::postgres
