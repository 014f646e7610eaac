#pragma once

#include <string>
#include <vector>

#include "flow/schema/schema.hpp"

namespace pawl::flow {

/// Compiles all schemas of one flow, which share the memory for patterns.
class schema_reader {
 public:
  schema_reader(definition_origin origin, std::vector<diagnostic>& diagnostics)
      : origin_(origin), diagnostics_(diagnostics) {}

  /// Compiles the schema at a JSON pointer of the definition.
  [[nodiscard]] json_schema read(const json& source, const std::string& pointer) {
    return json_schema::compile(source, pointer, diagnostics_, patterns_, origin_);
  }

  [[nodiscard]] schema::pattern_memory& patterns() noexcept { return patterns_; }

 private:
  definition_origin origin_;
  std::vector<diagnostic>& diagnostics_;
  schema::pattern_memory patterns_;
};

}  // namespace pawl::flow
