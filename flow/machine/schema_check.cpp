#include "flow/machine/schema_check.hpp"

#include "flow/definition/compiled.hpp"
#include "flow/machine/commands/commands.hpp"
#include "flow/nodes/node.hpp"
#include "flow/values/value_check.hpp"

namespace pawl::flow {
namespace {

constexpr const char* answer_name = "the answer";

}  // namespace

std::optional<schema_check> check_of(const compiled_flow& flow, const start_command& start) {
  if (!flow.input()) return std::nullopt;
  return schema_check{&*flow.input(), &start.input, "the input"};
}

std::optional<schema_check> check_of(const compiled_flow& flow, const token& asked,
                                     const json& answer) {
  const json_schema* const schema = flow.at(asked.node).behaviour->answer_schema();
  if (schema == nullptr) return std::nullopt;
  return schema_check{schema, &answer, answer_name};
}

std::optional<schema_check> check_of(const compiled_flow& flow, const run_state& run,
                                     const resume_command& resume) {
  if (!resume.answer) return std::nullopt;
  const auto asked = asked_token(flow, run, resume);
  if (!asked || !*asked) return std::nullopt;
  auto check = check_of(flow, *run.find_token(**asked), *resume.answer);
  if (check && !check_value(*resume.answer, answer_name)) return std::nullopt;
  return check;
}

result<void> verdict_of(const std::optional<schema_check>& needed, const apply_context& context) {
  if (!needed) return {};
  return context.checked ? *context.checked : needed->run();
}

}  // namespace pawl::flow
