#pragma once

#include <algorithm>
#include <array>
#include <string_view>

/// What stands under the settings of nodes whose values are not read as templates or rules as a
/// whole.
namespace pawl::flow {

/// Whether the keys of a setting are names, even if they are operators; its members are values.
[[nodiscard]] inline bool has_names(std::string_view setting) noexcept {
  constexpr std::array<std::string_view, 5> settings = {"args", "with", "values", "headers",
                                                        "query"};
  return std::find(settings.begin(), settings.end(), setting) != settings.end();
}

/// Whether a setting is a rule, if it is computed, and no template.
[[nodiscard]] inline bool is_rule_setting(std::string_view setting) noexcept {
  constexpr std::array<std::string_view, 14> settings = {
      "expr",         "when",           "duration",      "until",
      "timeout",      "tolerate",       "total_timeout", "heartbeat_timeout",
      "backoff",      "jitter",         "max_attempts",  "initial_interval",
      "max_interval", "max_concurrency"};
  return std::find(settings.begin(), settings.end(), setting) != settings.end();
}

/// Whether a setting stands as it is written, with no rule in it.
[[nodiscard]] inline bool is_literal_setting(std::string_view setting) noexcept {
  constexpr std::array<std::string_view, 4> settings = {"args", "schema", "allow", "allow_queues"};
  return std::find(settings.begin(), settings.end(), setting) != settings.end();
}

/// Whether a setting is an object of settings, or an array of such.
[[nodiscard]] inline bool has_settings(std::string_view setting) noexcept {
  constexpr std::array<std::string_view, 4> settings = {"compensate", "for", "retry", "on"};
  return std::find(settings.begin(), settings.end(), setting) != settings.end();
}

}  // namespace pawl::flow
