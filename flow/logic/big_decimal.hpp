#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::flow::logic {

/// A decimal number of any length, exact: ±digits × 10^-scale.
class big_decimal {
 public:
  /// Most digits of a text, and most decimals that its exponent may move it to.
  static constexpr std::size_t max_digits = 20'000;

  big_decimal() = default;
  /// Parses "-12.50" or "1e3". None for other texts, and for one with more than `max_digits`.
  [[nodiscard]] static std::optional<big_decimal> parse(std::string_view text);

  /// The number of limbs, of 9 digits each: what an operation on it costs.
  [[nodiscard]] std::size_t size() const noexcept { return limbs_.size(); }
  [[nodiscard]] std::size_t scale() const noexcept { return scale_; }

  [[nodiscard]] big_decimal negated() const;
  /// Rounded to that many decimals; halves away from zero.
  [[nodiscard]] big_decimal rounded(std::size_t decimals) const;
  /// Without an exponent and without zeros at the end of the decimals: "1999".
  [[nodiscard]] std::string text() const;
  /// With exactly that many decimals, of a number that has no more: "1999.00".
  [[nodiscard]] std::string text(std::size_t decimals) const;

  [[nodiscard]] static big_decimal sum(const big_decimal& a, const big_decimal& b);
  [[nodiscard]] static big_decimal product(const big_decimal& a, const big_decimal& b);
  /// Below 0, 0 or above 0.
  [[nodiscard]] static int order(const big_decimal& a, const big_decimal& b);

 private:
  using limbs = std::vector<std::uint32_t>;

  [[nodiscard]] static int order(const limbs& a, const limbs& b) noexcept;
  [[nodiscard]] static limbs added(const limbs& a, const limbs& b);
  [[nodiscard]] static limbs subtracted(const limbs& a, const limbs& b);  ///< a is not below b
  [[nodiscard]] static limbs multiplied(const limbs& a, const limbs& b);
  [[nodiscard]] static limbs from_digits(std::string_view digits);
  [[nodiscard]] static std::string digits_of(const limbs& of);
  /// The digits with that scale, which is not below the own one.
  [[nodiscard]] limbs scaled_to(std::size_t scale) const;
  void normalise();

  bool negative_ = false;
  limbs limbs_;  ///< base 10^9, the lowest first; none for zero
  std::size_t scale_ = 0;
};

}  // namespace pawl::flow::logic
