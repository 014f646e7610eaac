#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <pawl/json.hpp>
#include <pawl/result.hpp>

#include "flow/machine/apply_context.hpp"
#include "flow/machine/command.hpp"
#include "flow/machine/state.hpp"
#include "flow/schema/schema.hpp"

namespace pawl::flow {

class compiled_flow;

/// The check of a command's value against a JSON Schema of its flow. It may take
/// `json_schema::default_max_steps`. Whoever must not work that long makes it elsewhere, before the
/// command is applied, and passes the verdict as `apply_context::checked`.
///
/// Refers to the flow and the command that it was made of, and is valid as long as both.
struct schema_check {
  const json_schema* schema = nullptr;
  const json* value = nullptr;
  const char* what = "";  ///< names the value in messages

  /// Errors: as `json_schema::check`.
  [[nodiscard]] result<void> run() const { return schema->check(*value, what); }
  /// The same verdict, if it takes at most `max_steps`; else none.
  [[nodiscard]] std::optional<result<void>> try_run(std::uint64_t max_steps) const {
    return schema->try_check(*value, what, max_steps);
  }
};

/// The check of a start's input; none if the flow has no schema of it.
[[nodiscard]] std::optional<schema_check> check_of(const compiled_flow& flow,
                                                   const start_command& start);
/// The check of an answer to the question of a token; none if the question has no schema.
[[nodiscard]] std::optional<schema_check> check_of(const compiled_flow& flow, const token& asked,
                                                   const json& answer);
/// The check of the answer in a command, if the command has one that is valid JSON. What else is
/// wrong with the command is found when it is applied.
[[nodiscard]] std::optional<schema_check> check_of(const compiled_flow& flow, const run_state& run,
                                                   const resume_command& resume);

/// The verdict of a check: the one that came with the command, or one that is made now.
[[nodiscard]] result<void> verdict_of(const std::optional<schema_check>& needed,
                                      const apply_context& context);

}  // namespace pawl::flow
