#include "flow/schema/schema.hpp"

#include "flow/schema/compiler.hpp"
#include "flow/schema/validation.hpp"

namespace pawl::flow {
namespace {

error over_budget(const std::string& what, const std::string& why) {
  return {errc::limit_exceeded,
          what + " cannot be checked against its schema: " + why +
              "; use a simpler schema or a smaller value",
          "schema_limit"};
}

error too_deep(const std::string& what) {
  return over_budget(what, "it nests deeper than " + std::to_string(schema::budget::max_depth) +
                               " levels of schemas and values");
}

error over_steps(const std::string& what, std::uint64_t max_steps) {
  return over_budget(what, "that takes more than " + std::to_string(max_steps) + " steps");
}

}  // namespace

json_schema json_schema::compile(const json& source, const std::string& pointer,
                                 std::vector<diagnostic>& diagnostics,
                                 schema::pattern_memory& patterns, definition_origin origin) {
  const auto level = origin == definition_origin::given ? severity::error : severity::warning;
  json_schema made;
  made.program_ = schema::compiler{source, pointer, level, patterns, diagnostics}.compile();
  return made;
}

json_schema json_schema::compile(const json& source, const std::string& pointer,
                                 std::vector<diagnostic>& diagnostics) {
  schema::pattern_memory patterns;
  return compile(source, pointer, diagnostics, patterns);
}

result<void> json_schema::check(const json& value, const std::string& what,
                                std::uint64_t max_steps) const {
  auto verdict = try_check(value, what, max_steps);
  return verdict ? *std::move(verdict) : over_steps(what, max_steps);
}

std::optional<result<void>> json_schema::try_check(const json& value, const std::string& what,
                                                   std::uint64_t max_steps) const {
  if (!program_) return result<void>{};
  schema::validation run{*program_, max_steps};
  const bool valid = run.check(0, value, schema::place{});
  if (run.work().is_too_deep()) return too_deep(what);
  if (run.work().stopped()) return std::nullopt;
  if (valid) return result<void>{};
  error refused{errc::invalid_argument, what + " does not match its schema"};
  refused.diagnostics = std::move(run.reports());
  if (!refused.diagnostics.empty()) {
    const auto& first = refused.diagnostics.front();
    refused.message += ": at \"" + first.pointer + "\": " + first.message;
  }
  return refused;
}

}  // namespace pawl::flow
