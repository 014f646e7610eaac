#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <pawl/json.hpp>

#include "flow/nodes/node.hpp"

/// The limits of a map, as they are written or as a rule returns them.
namespace pawl::flow {

/// Reads `max_concurrency`: a whole number from 1 to 100,000.
[[nodiscard]] inline std::optional<std::uint32_t> concurrency_of(const json& value) {
  constexpr double most = 100'000;
  if (!value.is_number()) return std::nullopt;
  const auto number = value.get<double>();
  const bool is_good = number >= 1 && number <= most &&
                       number == static_cast<double>(static_cast<std::uint32_t>(number));
  return is_good ? std::optional{static_cast<std::uint32_t>(number)} : std::nullopt;
}

/// Reads `tolerate`: a whole number of items up to 1,000,000, or a percentage such as "20%".
[[nodiscard]] inline std::optional<tolerance> tolerance_of(const json& value) {
  constexpr double most = 1'000'000;
  if (value.is_number()) {
    const auto number = value.get<double>();
    if (!(number >= 0 && number <= most)) return std::nullopt;
    const auto items = static_cast<std::uint32_t>(number);
    return number == static_cast<double>(items) ? std::optional{tolerance{items, 0}} : std::nullopt;
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  std::uint32_t percent = 0;
  std::size_t digits = 0;
  while (digits < text.size() && digits < 3 && text[digits] >= '0' && text[digits] <= '9')
    percent = percent * 10 + static_cast<std::uint32_t>(text[digits++] - '0');
  const bool is_percentage = digits > 0 && digits + 1 == text.size() && text.back() == '%';
  return is_percentage && percent <= 100 ? std::optional{tolerance{0, percent}} : std::nullopt;
}

inline constexpr const char* concurrency_form =
    "must be a whole number from 1 to 100000, or a rule that returns one";
inline constexpr const char* tolerance_form =
    "must be a whole number of items or a percentage such as \"20%\", or a rule that returns one";

}  // namespace pawl::flow
