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
  /// Faults of the schema are appended at `pointer`; what is returned then accepts everything. A
  /// `$ref` into other documents is a diagnostic: nothing is ever fetched.
  [[nodiscard]] static json_schema compile(const json& source, const std::string& pointer,
                                           std::vector<diagnostic>& diagnostics);

  /// Error `invalid_argument`: `what` does not fit, with a diagnostic for each place, at most 20.
  [[nodiscard]] result<void> check(const json& value, const std::string& what) const;

 private:
  struct compiled;
  std::shared_ptr<const compiled> compiled_;
};

}  // namespace pawl::flow
