#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace pawl::flow::logic {

/// A number of the language. JavaScript has doubles only; here whole numbers stay exact as long as
/// they fit 64 bits, so that two ids above 2^53 are never taken for one. Everything else, overflow
/// included, is IEEE double arithmetic as in JavaScript.
class number {
 public:
  enum class form : std::uint8_t {
    integer,  ///< fits std::int64_t
    natural,  ///< above the greatest std::int64_t, fits std::uint64_t
    real,     ///< an IEEE double; may be infinite or NaN
  };

  constexpr number() noexcept = default;
  static constexpr number integer(std::int64_t n) noexcept {
    number made;
    made.integer_ = n;
    return made;
  }
  static constexpr number natural(std::uint64_t n) noexcept {
    if (n <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return integer(static_cast<std::int64_t>(n));
    }
    number made;
    made.form_ = form::natural;
    made.natural_ = n;
    return made;
  }
  static constexpr number real(double x) noexcept {
    number made;
    made.form_ = form::real;
    made.real_ = x;
    return made;
  }
  static constexpr number nan() noexcept { return real(std::numeric_limits<double>::quiet_NaN()); }
  static constexpr number infinity() noexcept {
    return real(std::numeric_limits<double>::infinity());
  }

  [[nodiscard]] form what() const noexcept { return form_; }
  [[nodiscard]] bool is_integer() const noexcept { return form_ == form::integer; }
  [[nodiscard]] bool is_nan() const noexcept { return form_ == form::real && real_ != real_; }
  /// Only for the form that it has.
  [[nodiscard]] std::int64_t as_integer() const noexcept { return integer_; }
  [[nodiscard]] std::uint64_t as_natural() const noexcept { return natural_; }
  /// For every form; rounds where a double cannot hold the number.
  [[nodiscard]] double as_double() const noexcept {
    switch (form_) {
      case form::integer:
        return static_cast<double>(integer_);
      case form::natural:
        return static_cast<double>(natural_);
      case form::real:
        break;
    }
    return real_;
  }

  /// A whole double within ±2^53 as an integer, so that 0.5 + 0.5 is written 1. Others unchanged.
  [[nodiscard]] number simplified() const noexcept;

 private:
  form form_ = form::integer;
  union {
    std::int64_t integer_ = 0;
    std::uint64_t natural_;
    double real_;
  };
};

[[nodiscard]] number add(number a, number b) noexcept;
[[nodiscard]] number subtract(number a, number b) noexcept;
[[nodiscard]] number multiply(number a, number b) noexcept;
/// By zero: infinite or NaN.
[[nodiscard]] number divide(number a, number b) noexcept;
/// With the sign of `a`, as JavaScript's %. By zero: NaN.
[[nodiscard]] number remainder(number a, number b) noexcept;
[[nodiscard]] number negate(number a) noexcept;

/// Unordered if one of them is NaN.
[[nodiscard]] std::partial_ordering compare(number a, number b) noexcept;

/// What JavaScript's `Number(text)` gives: surrounding white space is ignored, no text is 0, and
/// 0x, 0o, 0b and Infinity are understood; anything else is NaN.
/// Source: ECMAScript, "StringToNumber".
[[nodiscard]] number parse_whole(std::string_view text) noexcept;

/// What JavaScript's `parseFloat(text)` gives: the longest decimal number at the beginning, NaN if
/// there is none.
[[nodiscard]] number parse_beginning(std::string_view text) noexcept;

/// Room for the longest text of a number.
inline constexpr std::size_t number_text_bytes = 32;

/// Writes a number as JavaScript prints it ("1e+21", "0.000001", "NaN"). Returns the length; at
/// most `number_text_bytes`. Source: ECMAScript, "Number::toString".
[[nodiscard]] std::size_t format(number n, char* out) noexcept;

}  // namespace pawl::flow::logic
