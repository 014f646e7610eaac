#pragma once

#include <string>
#include <string_view>

#include <pawl/ids.hpp>
#include <pawl/result.hpp>

namespace pawl {

/// Versions of a flow of which a start takes the newest: a single one, "1.2.3", or all that begin
/// with the same numbers, "1.x" or "1.2.x".
///
/// Only versions up to the published one are taken from more than one: a newer version is not
/// released yet, or was taken back. The run keeps the version that was taken.
struct version_range {
  version first;
  version last;  ///< included

  version_range() = default;
  /// A single version.
  version_range(version only) : first(only), last(only) {}
  version_range(version from, version to) : first(from), last(to) {}

  [[nodiscard]] bool is_single() const noexcept { return first == last; }
  [[nodiscard]] bool contains(const version& v) const noexcept { return first <= v && v <= last; }

  friend bool operator==(const version_range&, const version_range&) = default;
};

/// Parses "1.x", "1.2.x", or a version as `parse_version` does. Error: `invalid_argument`.
[[nodiscard]] result<version_range> parse_version_range(std::string_view text);
/// The text of a range that `parse_version_range` returned, with all numbers of a single version.
[[nodiscard]] std::string to_string(const version_range& range);

}  // namespace pawl
