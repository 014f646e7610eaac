#pragma once

#include <compare>

#include <pawl/json.hpp>

/// Exact arithmetic on the numbers of JSON, of which 64-bit integers and doubles do not contain
/// each other.
namespace pawl::flow::schema {

/// Compares two finite numbers by their exact values.
[[nodiscard]] std::strong_ordering compare_numbers(const json& a, const json& b) noexcept;

/// Whether a finite number has no fraction: 3, 3.0 and 1e300.
[[nodiscard]] bool is_whole(const json& number) noexcept;

/// Whether `number` / `divisor` is whole, both as written in decimal (19.99 is a multiple of 0.01).
/// A double counts as the shortest decimal that reads as it. `divisor` must be above 0.
[[nodiscard]] bool is_multiple(const json& number, const json& divisor) noexcept;

}  // namespace pawl::flow::schema
