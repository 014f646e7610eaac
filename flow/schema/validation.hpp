#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/json.hpp>

#include "flow/schema/budget.hpp"
#include "flow/schema/program.hpp"

namespace pawl::flow::schema {

/// One validation of a value against a compiled schema. Not thread-safe.
class validation {
 public:
  static constexpr std::size_t max_reported = 20;

  validation(const program& schema, std::uint64_t max_steps) : schema_(schema), work_(max_steps) {}

  /// Checks a value, or a part of one, and reports its mismatches. Costs one step and one for each
  /// keyword. Returns false when the budget has stopped.
  [[nodiscard]] bool check(subschema_index schema, const json& value, const place& at);
  /// The same without reports.
  [[nodiscard]] bool matches(subschema_index schema, const json& value);

  /// Reports a mismatch unless reports are off. `text()` returns what the value must be, and what
  /// it is. Returns false.
  template <class Text>
  bool mismatch(const keyword& from, const place& at, Text text) {
    if (is_reporting()) report(from, at, text());
    return false;
  }

  /// Whether a further mismatch would be reported. If not, the first one settles the result.
  [[nodiscard]] bool is_reporting() const noexcept {
    return quiet_ == 0 && reports_.size() < max_reported && !work_.stopped();
  }

  [[nodiscard]] budget& work() noexcept { return work_; }
  [[nodiscard]] std::vector<diagnostic>& reports() noexcept { return reports_; }

 private:
  void report(const keyword& from, const place& at, std::string text);

  const program& schema_;
  budget work_;
  std::uint32_t quiet_ = 0;
  std::vector<diagnostic> reports_;
};

/// The JSON pointer of a place. A very long one is cut and ends with "…".
[[nodiscard]] std::string pointer_of(const place& at);

/// A value in a message: a short text of a scalar, "an object", "an array".
[[nodiscard]] std::string shown(const json& value);

/// "1 item", "2 items".
[[nodiscard]] std::string counted(std::uint64_t count, std::string_view noun);

}  // namespace pawl::flow::schema
