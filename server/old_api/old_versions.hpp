#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <pawl/engine.hpp>
#include <pawl/flow_numbers.hpp>

namespace pawl::server {

/// A stored version with its numbers.
struct old_version {
  flow_numbers numbers;
  bool published = false;
  time_point created_at{};
};

/// The text of a version, as the previous engine shows it: its label, else its numbers.
[[nodiscard]] std::string shown_version(const flow_numbers& numbers);

/// The version that a text such as "1.0.2" stands for; none for other texts, which are labels.
[[nodiscard]] std::optional<version> plain_version(const std::string& text);

/// Why a page cannot be answered: its error, or a version of it that cannot be read, because the
/// answers of the previous engine have no place for these.
[[nodiscard]] std::optional<error> failure_of(const result<flow_version_page>& page);

// Errors: `not_found`, also for a version that was deleted, except in `number_old_version`.

/// Calls `done` with the versions of a flow, oldest first, without those that were deleted.
void list_old_versions(const scope& in, const flow_name& flow,
                       callback<std::vector<old_version>> done, std::stop_token withdrawn = {});
/// Calls `done` with the numbers of one version.
void number_old_version(const scope& in, const flow_version_id& id, callback<flow_numbers> done);
/// Calls `done` with the version that is started without a version.
void find_published_version(const scope& in, const flow_name& flow, callback<flow_numbers> done);
/// Calls `done` with the version that a text names, as label or as numbers.
void find_old_version(const scope& in, const flow_name& flow, const std::string& text,
                      callback<flow_numbers> done);

/// What a text in a path names: a flow, or a flow and a version, as in "order-1.0.2".
struct flow_or_version {
  std::string flow;
  std::string version;           ///< empty: the text names a flow
  result<flow_numbers> numbers;  ///< of the version; or why there is none
};
/// Calls `done` with what a text names: a flow, if there is one of that name; else it is cut at the
/// last "-" before a digit with a "." after it, or before digits alone.
void find_flow_or_version(const scope& in, const std::string& text,
                          std::function<void(const flow_or_version& found)> done);

}  // namespace pawl::server
