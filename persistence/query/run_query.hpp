#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

/// The filter language of runs: `status=failed,paused flow=order started>-2h waiting=signal:go`.
/// docs/filters.md describes it. Pure.
namespace pawl::persistence {

enum class run_field : std::uint8_t {
  id,
  status,
  flow,
  version,
  parent,
  error,
  node,
  waiting,
  started,
  finished,
  attribute,
};

enum class comparison : std::uint8_t { equal, not_equal, prefix, less, at_most, greater, at_least };

/// A value of the field `waiting`; an empty name means any.
struct wait_pattern {
  std::string kind;
  std::string name;

  friend bool operator==(const wait_pattern&, const wait_pattern&) = default;
};

/// A value of the field `flow`: a name, or a name with a version.
struct flow_pattern {
  std::string name;
  std::optional<pawl::version> version;

  friend bool operator==(const flow_pattern&, const flow_pattern&) = default;
};

using term_value = std::variant<std::string, run_status, flow_pattern, pawl::version, wait_pattern,
                                time_point, double, bool>;

/// One condition: holds if one of the values fits; with `not_equal`, if none is equal.
struct run_term {
  run_field field{};
  comparison how = comparison::equal;
  std::vector<term_value> values;  ///< at least one; exactly one unless `how` can have a list
  std::string attribute = {};      ///< name of the attribute, if that is the field

  friend bool operator==(const run_term&, const run_term&) = default;
};

/// A parsed filter: the conditions that must all hold.
struct run_query {
  std::vector<run_term> terms;

  /// Whether a run has the status that a query of statuses asks for: all terms on `status` hold.
  [[nodiscard]] bool allows(run_status status) const;
};

inline constexpr std::size_t max_filter_bytes = 4096;
inline constexpr std::size_t max_filter_terms = 32;
inline constexpr std::size_t max_filter_values = 64;  ///< of one term, except on `id`
inline constexpr std::size_t max_filter_ids = 250;    ///< of one term on `id`
/// Of the filter of a job: as many ids of any length as one term can have fit.
inline constexpr std::size_t max_job_filter_bytes = std::size_t{128} << 10;

/// Parses a filter. `now`: what relative times such as `-2h` are relative to. An empty text selects
/// all runs. Error: `invalid_argument`; the message names the position, from 1 in bytes, what is
/// wrong there and what was probably meant.
[[nodiscard]] result<run_query> parse_run_query(std::string_view text, time_point now,
                                                std::size_t max_bytes = max_filter_bytes);

/// A text as a value of a filter, in quotes.
[[nodiscard]] std::string quoted_value(std::string_view text);

/// Whether a run fits. A run without the field fits `!=` only.
[[nodiscard]] bool fits(const run_summary& run, const run_term& term);
[[nodiscard]] bool fits(const run_summary& run, const run_query& query);

}  // namespace pawl::persistence
