#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace pawl::flow::logic {

/// A JSONLogic number. Unlike in JavaScript, whole numbers are exact up to 64 bits, so that two
/// different ids above 2^53 never compare equal. All else, overflow included, is IEEE double
/// arithmetic as in JavaScript.
class number {
 public:
  enum class form : std::uint8_t {
    integer,  ///< fits std::int64_t
    natural,  ///< above the range of std::int64_t, fits std::uint64_t
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
  /// Call only for the form that the number has.
  [[nodiscard]] std::int64_t as_integer() const noexcept { return integer_; }
  [[nodiscard]] std::uint64_t as_natural() const noexcept { return natural_; }
  /// Works for every form; rounds a number that a double cannot represent.
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

  /// Converts a whole double within ±2^53 to an integer, so that 0.5 + 0.5 prints as 1.
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
/// Division by zero returns an infinity or NaN.
[[nodiscard]] number divide(number a, number b) noexcept;
/// Has the sign of `a`, like % in JavaScript. Division by zero returns NaN.
[[nodiscard]] number remainder(number a, number b) noexcept;
[[nodiscard]] number negate(number a) noexcept;

/// Unordered if one operand is NaN.
[[nodiscard]] std::partial_ordering compare(number a, number b) noexcept;

/// `Number(text)` in JavaScript: ignores surrounding white space, reads empty text as 0, and
/// accepts 0x, 0o, 0b and Infinity. Returns NaN for other text. Source: ECMAScript,
/// "StringToNumber".
[[nodiscard]] number parse_whole(std::string_view text) noexcept;

/// `parseFloat(text)` in JavaScript: the longest decimal number at the beginning; NaN if there is
/// none.
[[nodiscard]] number parse_beginning(std::string_view text) noexcept;

/// Maximum length of the text of a number.
inline constexpr std::size_t number_text_bytes = 32;

/// Writes a number as JavaScript does ("1e+21", "0.000001", "NaN"). Returns the length, at most
/// `number_text_bytes`. Source: ECMAScript, "Number::toString".
[[nodiscard]] std::size_t format(number n, char* out) noexcept;

}  // namespace pawl::flow::logic
