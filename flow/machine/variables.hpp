#pragma once

#include <string>

#include "flow/logic/logic.hpp"
#include "flow/machine/machine.hpp"
#include "flow/machine/state.hpp"

namespace pawl::flow {

/// The variables of a rule: `result` where one is given, `metadata`, `run_id`, `thread_id` (an old
/// name of `run_id`), `current_node` and `condition_result`, then the data as the token's branch
/// sees it. What `now`, `uuid` and `random` read belongs to the visit: the same after a crash and
/// for every attempt. Must not outlive the run's state.
class rule_variables final : private logic::rule_context {
 public:
  /// `result`: that of the step, which must outlive this; null: none.
  rule_variables(const run_state& run, const token& t, const std::string& node,
                 const json* result = nullptr)
      : run_(run),
        token_(t),
        node_(node),
        run_id_(run.key.id.str()),
        node_id_(node),
        condition_(t.condition_result ? json(*t.condition_result) : json()) {
    layers_.set_context(*this);
    if (result != nullptr) layers_.add_member("result", *result);
    layers_.add_member("metadata", run.metadata);
    layers_.add_member("run_id", run_id_);
    layers_.add_member("thread_id", run_id_);
    layers_.add_member("current_node", node_id_);
    layers_.add_member("condition_result", condition_);
    if (!t.writes.empty()) layers_.add(*t.writes);
    layers_.add(*run.data);
  }
  rule_variables(const rule_variables&) = delete;
  rule_variables& operator=(const rule_variables&) = delete;

  [[nodiscard]] const logic::variables& get() const noexcept { return layers_; }

 private:
  [[nodiscard]] std::int64_t now_us() const override {
    return to_unix_us(token_.rules_time.value_or(run_.created_at));
  }
  [[nodiscard]] std::string seed() const override {
    return idempotency_key(run_.key, node_, token_.visit, token_.compensates);
  }

  const run_state& run_;
  const token& token_;
  const std::string& node_;
  const json run_id_;
  const json node_id_;
  const json condition_;
  logic::variables layers_;
};

}  // namespace pawl::flow
