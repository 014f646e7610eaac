#include "flow/nodes/step_result.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/machine/transition_builder.hpp"
#include "flow/nodes/dotted_key.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 4> response_parts = {"json", "body", "status", "headers"};

/// Reads `keep`: one part of a response.
std::string read_keep(const data_reader& data) {
  if (data.find("keep") == nullptr) return {};
  if (data.find("result") != nullptr)
    data.fail("keep", "contradiction", "a step has either \"keep\" or \"result\", not both");
  return std::string{data.one_of("keep", response_parts)};
}

/// What nothing receives need not be computed: it was meant for some key.
void refuse_unkept(const data_reader& data) {
  for (const char* const key : {"result", "keep"}) {
    if (data.find(key) == nullptr) continue;
    data.fail("into", "contradiction",
              "\"into\": null keeps nothing, so " + pawl::quoted(key) +
                  " would be lost; leave one of them out");
    return;
  }
}

}  // namespace

step_result::step_result(const data_reader& data, std::string into)
    : keep_(read_keep(data)), rule_(data.value_unless_null("result", false)) {
  if (data.is_null("into")) {
    refuse_unkept(data);
    return;
  }
  const auto written = data.text("into", false);
  if (written) warn_of_dots(data, data.pointer("into"), *written);
  into_ = written.value_or(rule_ ? std::string{} : std::move(into));
}

result<json> step_result::compute(transition_builder& run, const token& t, json raw,
                                  const json* signal) const {
  if (!keep_.empty()) {
    const auto part = raw.is_object() ? raw.find(keep_) : raw.end();
    if (part != raw.end()) return std::move(*part);
    return error{errc::function_failed,
                 "the response has no " + pawl::quoted(keep_) + ", which \"keep\" asks for",
                 "invalid_result"};
  }
  if (!rule_) return raw;
  auto kept = signal == nullptr
                  ? run.data().evaluate(t, *rule_, {{"result", &raw}})
                  : run.data().evaluate(t, *rule_, {{"result", &raw}, {"signal", signal}});
  if (kept) return kept;
  return error{kept.error().code,
               "the \"result\" of the step cannot be computed: " + kept.error().message,
               "invalid_result"};
}

bool step_result::keep(transition_builder& run, token& t, json raw, const json* signal) const {
  const auto kept = compute(run, t, std::move(raw), signal);
  if (kept) {
    store(run, t, *kept);
  } else {
    run.failures().fail_step(t, kept.error());
  }
  return kept.has_value();
}

void step_result::store(transition_builder& run, token& t, const json& kept) const {
  if (into_) run.data().merge(t, kept, *into_);
}

}  // namespace pawl::flow
