#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <pawl/ids.hpp>

namespace pawl {

using job_id = strong_id<struct job_id_tag>;  ///< a job, unique within its scope

/// Identifies a job in an engine.
struct job_key {
  scope_name scope;
  job_id id;

  friend auto operator<=>(const job_key&, const job_key&) = default;
  friend bool operator==(const job_key&, const job_key&) = default;
};

/// As `check_name`.
[[nodiscard]] result<job_id> parse_job_id(std::string_view text);

}  // namespace pawl

template <>
struct std::hash<pawl::job_key> {
  std::size_t operator()(const pawl::job_key& key) const noexcept {
    return std::hash<std::string>{}(key.id.str()) * 31 + std::hash<std::string>{}(key.scope.str());
  }
};
