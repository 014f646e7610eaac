#include "flow/logic/evaluation.hpp"
#include "flow/logic/expression.hpp"
#include "flow/logic/logic.hpp"
#include "flow/logic/value.hpp"

namespace pawl::flow::logic {

result<json> rule::evaluate(const variables& data, const limits& limits) const {
  if (compiled_ == nullptr) return json(nullptr);
  evaluation run{data, limits};
  json made = materialise(run, run.eval(compiled_->root, run.whole_data()));
  if (run.failed()) return run.take_failure();
  return made;
}

result<bool> rule::test(const variables& data, const limits& limits) const {
  if (compiled_ == nullptr) return false;
  evaluation run{data, limits};
  const bool holds = truthy(run.eval(compiled_->root, run.whole_data()));
  if (run.failed()) return run.take_failure();
  return holds;
}

const json& rule::source() const noexcept {
  static const json null;
  return compiled_ == nullptr ? null : compiled_->source;
}

std::vector<std::string> rule::reads() const {
  return compiled_ == nullptr ? std::vector<std::string>{} : compiled_->reads;
}

bool truthy(const json& stored) noexcept {
  return truthy(value::of(stored));
}

}  // namespace pawl::flow::logic
