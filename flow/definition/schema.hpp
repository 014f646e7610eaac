#pragma once

#include <memory>
#include <string>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>

namespace pawl::flow {

/// A compiled JSON Schema (draft 7). Immutable; cheap to copy; safe for concurrent use.
class json_schema {
 public:
  /// Compiles a schema. Appends a diagnostic at `pointer` for each problem and then returns a
  /// schema that accepts every value. A `$ref` to another document is a problem: nothing is ever
  /// fetched.
  [[nodiscard]] static json_schema compile(const json& source, const std::string& pointer,
                                           std::vector<diagnostic>& diagnostics);

  /// Validates a value; `what` names it in messages. Error: `invalid_argument` with a diagnostic
  /// for each mismatch, at most 20.
  [[nodiscard]] result<void> check(const json& value, const std::string& what) const;

 private:
  struct compiled;
  std::shared_ptr<const compiled> compiled_;
};

}  // namespace pawl::flow
