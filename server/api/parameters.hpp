#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "persistence/query/run_sorting.hpp"

namespace pawl::server {

/// The query parameters of a request. An invalid parameter adds a diagnostic, with the pointer "?"
/// and its name, and reads as its default, so that one pass finds all errors.
class parameters {
 public:
  /// Parses a query. Error: `invalid_argument`, with a diagnostic for each parameter that is
  /// unknown, repeated or incorrectly encoded.
  /// `lenient`: unknown parameters are ignored.
  [[nodiscard]] static result<parameters> parse(std::string_view query,
                                                std::span<const std::string_view> known,
                                                bool lenient = false);

  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] std::string text(std::string_view name) const;
  /// The words of a list: "step_failed,run_failed".
  [[nodiscard]] std::vector<std::string> words(std::string_view name) const;
  [[nodiscard]] std::uint64_t number(std::string_view name, std::uint64_t otherwise,
                                     std::uint64_t least, std::uint64_t most,
                                     std::vector<diagnostic>& diagnostics) const;
  /// "true" or "false".
  [[nodiscard]] bool flag(std::string_view name, bool otherwise,
                          std::vector<diagnostic>& diagnostics) const;
  /// "250ms", "10s", "1.5m"; from `least` to `most`.
  [[nodiscard]] std::optional<std::chrono::milliseconds> duration(
      std::string_view name, std::chrono::milliseconds most, std::vector<diagnostic>& diagnostics,
      std::chrono::milliseconds least = {}) const;
  [[nodiscard]] std::optional<pawl::version> version(std::string_view name,
                                                     std::vector<diagnostic>& diagnostics) const;
  [[nodiscard]] std::optional<run_status> status(std::string_view name,
                                                 std::vector<diagnostic>& diagnostics) const;
  /// Default: `run_order::newest`.
  [[nodiscard]] persistence::run_sorting order(std::string_view name,
                                               std::vector<diagnostic>& diagnostics) const;

 private:
  [[nodiscard]] const std::string* find(std::string_view name) const;

  std::map<std::string, std::string, std::less<>> values_;
};

/// "running, paused, …", for messages.
[[nodiscard]] std::string all_statuses();

}  // namespace pawl::server
