#include "flow/nodes/step_result.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/machine/transition_builder.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 4> response_parts = {"json", "body", "status", "headers"};

/// Reads `keep`, which is short for a rule that returns one part of a response.
std::optional<logic::value_template> read_keep(const data_reader& data) {
  if (data.find("keep") == nullptr) return std::nullopt;
  if (data.find("result") != nullptr)
    data.fail("keep", "contradiction", "a step has either \"keep\" or \"result\", not both");
  const std::string part{data.one_of("keep", response_parts)};
  const json path = json::array({"result", part});
  const json missing{{"type", "invalid_result"},
                     {"message", "the response has no " + pawl::quoted(part)}};
  const json parts = json::array(
      {json{{"exists", path}}, json{{"val", path}}, json{{"throw", json{{"literal", missing}}}}});
  const json rule{{"if", parts}};
  return logic::compile_template(rule, data.pointer("keep"), data.diagnostics());
}

}  // namespace

step_result::step_result(const data_reader& data, std::string into)
    : rule_(data.value("result", false)) {
  if (auto part = read_keep(data)) rule_ = std::move(part);
  if (!data.is_null("into")) into_ = data.text("into", false).value_or(std::move(into));
}

result<json> step_result::compute(transition_builder& run, const token& t, json raw) const {
  if (!rule_) return raw;
  auto kept = run.data().evaluate(t, *rule_, {{"result", &raw}});
  if (kept) return kept;
  return error{kept.error().code,
               "the \"result\" of the step cannot be computed: " + kept.error().message,
               "invalid_result"};
}

void step_result::store(transition_builder& run, token& t, const json& kept) const {
  if (into_) run.data().merge(t, kept, *into_);
}

}  // namespace pawl::flow
