#include "flow/logic/big_decimal.hpp"

#include <algorithm>
#include <charconv>

namespace pawl::flow::logic {
namespace {

constexpr std::uint64_t base = 1'000'000'000;
constexpr std::size_t limb_digits = 9;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

void drop_zeros(std::vector<std::uint32_t>& limbs) {
  while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
}

}  // namespace

std::optional<big_decimal> big_decimal::parse(std::string_view text) {
  big_decimal made;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::string digits;
  std::int64_t scale = 0;
  bool after_point = false;
  std::size_t i = 0;
  for (; i < text.size() && (is_digit(text[i]) || (text[i] == '.' && !after_point)); ++i) {
    if (text[i] == '.') {
      after_point = true;
      continue;
    }
    if (digits.size() == max_digits) return std::nullopt;
    digits += text[i];
    scale += after_point ? 1 : 0;
  }
  const bool ends_in_point = i > 0 && text[i - 1] == '.';
  if (digits.empty() || ends_in_point || !is_digit(text[0])) return std::nullopt;
  if (i < text.size()) {
    if (text[i] != 'e' && text[i] != 'E') return std::nullopt;
    const std::string_view rest =
        text.substr(i + 1 + (text.substr(i + 1).starts_with('+') ? 1 : 0));
    std::int32_t exponent = 0;
    const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), exponent);
    if (problem != std::errc{} || end != rest.data() + rest.size()) return std::nullopt;
    scale -= exponent;
  }
  constexpr auto most = static_cast<std::int64_t>(max_digits);
  if (scale > most || scale < -most) return std::nullopt;
  if (scale < 0) digits.append(static_cast<std::size_t>(-scale), '0');
  made.limbs_ = from_digits(digits);
  made.scale_ = static_cast<std::size_t>(std::max<std::int64_t>(scale, 0));
  made.negative_ = negative;
  made.normalise();
  return made;
}

void big_decimal::normalise() {
  drop_zeros(limbs_);
  if (!limbs_.empty()) return;
  negative_ = false;
  scale_ = 0;
}

big_decimal::limbs big_decimal::from_digits(std::string_view digits) {
  limbs made;
  made.reserve(digits.size() / limb_digits + 1);
  while (!digits.empty()) {
    const std::size_t count = std::min(limb_digits, digits.size());
    std::uint32_t limb = 0;
    for (const char c : digits.substr(digits.size() - count))
      limb = limb * 10 + static_cast<std::uint32_t>(c - '0');
    made.push_back(limb);
    digits.remove_suffix(count);
  }
  drop_zeros(made);
  return made;
}

std::string big_decimal::digits_of(const limbs& of) {
  std::string text;
  for (auto limb = of.rbegin(); limb != of.rend(); ++limb) {
    const std::string part = std::to_string(*limb);
    if (limb != of.rbegin()) text.append(limb_digits - part.size(), '0');
    text += part;
  }
  return text.empty() ? "0" : text;
}

big_decimal::limbs big_decimal::scaled_to(std::size_t scale) const {
  if (scale == scale_ || limbs_.empty()) return limbs_;
  return from_digits(digits_of(limbs_) + std::string(scale - scale_, '0'));
}

int big_decimal::order(const limbs& a, const limbs& b) noexcept {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (std::size_t i = a.size(); i > 0; --i)
    if (a[i - 1] != b[i - 1]) return a[i - 1] < b[i - 1] ? -1 : 1;
  return 0;
}

big_decimal::limbs big_decimal::added(const limbs& a, const limbs& b) {
  limbs made(std::max(a.size(), b.size()) + 1);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < made.size(); ++i) {
    carry += (i < a.size() ? a[i] : 0) + std::uint64_t{i < b.size() ? b[i] : 0};
    made[i] = static_cast<std::uint32_t>(carry % base);
    carry /= base;
  }
  drop_zeros(made);
  return made;
}

big_decimal::limbs big_decimal::subtracted(const limbs& a, const limbs& b) {
  limbs made(a.size());
  std::int64_t borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::int64_t left = std::int64_t{a[i]} - borrow - (i < b.size() ? b[i] : 0);
    borrow = left < 0 ? 1 : 0;
    if (left < 0) left += static_cast<std::int64_t>(base);
    made[i] = static_cast<std::uint32_t>(left);
  }
  drop_zeros(made);
  return made;
}

big_decimal::limbs big_decimal::multiplied(const limbs& a, const limbs& b) {
  limbs made(a.size() + b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t k = 0; k < b.size() || carry > 0; ++k) {
      const std::uint64_t next =
          made[i + k] + carry + (k < b.size() ? std::uint64_t{a[i]} * b[k] : 0);
      made[i + k] = static_cast<std::uint32_t>(next % base);
      carry = next / base;
    }
  }
  drop_zeros(made);
  return made;
}

big_decimal big_decimal::negated() const {
  big_decimal made = *this;
  made.negative_ = !negative_ && !limbs_.empty();
  return made;
}

big_decimal big_decimal::sum(const big_decimal& a, const big_decimal& b) {
  big_decimal made;
  made.scale_ = std::max(a.scale_, b.scale_);
  const limbs x = a.scaled_to(made.scale_);
  const limbs y = b.scaled_to(made.scale_);
  if (a.negative_ == b.negative_) {
    made.limbs_ = added(x, y);
    made.negative_ = a.negative_;
  } else {
    const bool is_larger = order(x, y) >= 0;
    made.limbs_ = is_larger ? subtracted(x, y) : subtracted(y, x);
    made.negative_ = is_larger ? a.negative_ : b.negative_;
  }
  made.normalise();
  return made;
}

big_decimal big_decimal::product(const big_decimal& a, const big_decimal& b) {
  big_decimal made;
  made.limbs_ = multiplied(a.limbs_, b.limbs_);
  made.scale_ = a.scale_ + b.scale_;
  made.negative_ = a.negative_ != b.negative_;
  made.normalise();
  return made;
}

int big_decimal::order(const big_decimal& a, const big_decimal& b) {
  const big_decimal difference = sum(a, b.negated());
  return difference.limbs_.empty() ? 0 : (difference.negative_ ? -1 : 1);
}

big_decimal big_decimal::rounded(std::size_t decimals) const {
  if (decimals >= scale_) return *this;
  std::string digits = digits_of(limbs_);
  if (digits.size() <= scale_) digits.insert(0, scale_ + 1 - digits.size(), '0');
  const std::size_t kept = digits.size() - (scale_ - decimals);
  big_decimal made;
  made.limbs_ = from_digits(std::string_view{digits}.substr(0, kept));
  if (digits[kept] >= '5') made.limbs_ = added(made.limbs_, limbs{1});
  made.scale_ = decimals;
  made.negative_ = negative_;
  made.normalise();
  return made;
}

std::string big_decimal::text(std::size_t decimals) const {
  std::string digits = digits_of(scaled_to(std::max(decimals, scale_)));
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  if (decimals > 0) digits.insert(digits.size() - decimals, ".");
  return (negative_ ? "-" : "") + digits;
}

std::string big_decimal::text() const {
  std::string made = text(scale_);
  if (scale_ == 0) return made;
  while (made.back() == '0') made.pop_back();
  if (made.back() == '.') made.pop_back();
  return made;
}

}  // namespace pawl::flow::logic
