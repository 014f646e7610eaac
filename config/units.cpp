#include "config/units.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>

namespace pawl::config {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
  bool for_output;  // whether `format_quantity` uses it
};

constexpr unit byte_units[] = {
    {"GiB", 1u << 30, true},  {"MiB", 1u << 20, true},
    {"KiB", 1u << 10, true},  {"GB", 1'000'000'000, false},
    {"MB", 1'000'000, false}, {"KB", 1'000, false},
    {"B", 1, false},
};
constexpr unit time_units[] = {
    {"d", 86'400'000, true}, {"h", 3'600'000, true}, {"m", 60'000, true},
    {"s", 1'000, true},      {"ms", 1, true},
};

std::span<const unit> units_of(quantity kind) noexcept {
  switch (kind) {
    case quantity::bytes:
      return byte_units;
    case quantity::milliseconds:
      return time_units;
    case quantity::count:
      break;
  }
  return {};
}

bool same_unit(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::optional<std::uint64_t> parse_quantity(quantity kind, std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.empty()) return number;
  if (text.front() == ' ') text.remove_prefix(1);
  for (const unit& u : units_of(kind)) {
    if (!same_unit(u.name, text)) continue;
    if (number > std::numeric_limits<std::uint64_t>::max() / u.factor) return std::nullopt;
    return number * u.factor;
  }
  return std::nullopt;
}

std::string format_quantity(quantity kind, std::uint64_t amount) {
  if (amount != 0) {
    for (const unit& u : units_of(kind)) {
      if (u.for_output && amount % u.factor == 0) {
        return std::to_string(amount / u.factor).append(u.name);
      }
    }
  }
  return std::to_string(amount);
}

}  // namespace pawl::config
