#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pawl/error.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "flow/definition/origin.hpp"
#include "flow/schema/pattern.hpp"

namespace pawl::flow {

namespace schema {
struct program;
}

/// A compiled JSON Schema (draft 7). Immutable; cheap to copy; safe for concurrent use.
class json_schema {
 public:
  /// The work of one check: about one step for each keyword of each part of the value, for each
  /// 64 bytes of text, and for each byte that a pattern reads. A step takes about 10 ns, of hostile
  /// patterns up to 30 ns.
  static constexpr std::uint64_t default_max_steps = 1'000'000;

  /// Compiles a schema. Appends a diagnostic below `pointer` for each problem ("bad_schema", at
  /// most 100), and after one returns a schema that accepts every value. A `$ref` to another
  /// document is a problem: nothing is ever fetched. All schemas of a flow share `patterns`.
  ///
  /// Of a `stored` definition the problems are warnings. The schema works, except that a malformed
  /// keyword matches no value and says why.
  [[nodiscard]] static json_schema compile(const json& source, const std::string& pointer,
                                           std::vector<diagnostic>& diagnostics,
                                           schema::pattern_memory& patterns,
                                           definition_origin origin = definition_origin::given);
  /// A schema with patterns of its own.
  [[nodiscard]] static json_schema compile(const json& source, const std::string& pointer,
                                           std::vector<diagnostic>& diagnostics);

  /// Validates a value; `what` names it in messages. Errors: `invalid_argument` with a diagnostic
  /// for each mismatch, at most 20; `limit_exceeded` with the type "schema_limit" if the check
  /// needs more steps, or nests too deep. Recursion is limited.
  [[nodiscard]] result<void> check(const json& value, const std::string& what,
                                   std::uint64_t max_steps = default_max_steps) const;
  /// The same, except that it returns nothing if the check needs more steps.
  [[nodiscard]] std::optional<result<void>> try_check(const json& value, const std::string& what,
                                                      std::uint64_t max_steps) const;

 private:
  std::shared_ptr<const schema::program> program_;
};

}  // namespace pawl::flow
