#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "flow/logic/logic.hpp"
#include "flow/machine/machine.hpp"
#include "flow/machine/state.hpp"

namespace pawl::flow {

/// A variable that only some rules read. The value must outlive the evaluation.
struct own_variable {
  std::string_view name;
  const json* value;
};
/// At most four.
using own_variables = std::initializer_list<own_variable>;

/// The variables of a rule: its own ones, `metadata`, `run_id`, `thread_id` (an old
/// name of `run_id`), `current_node`, `condition_result` and `vars`, then the data as the token's
/// branch sees it. What `now`, `uuid` and `random` read belongs to the visit: the same after a
/// crash and for every attempt. Must not outlive the run's state.
class rule_variables final : private logic::rule_context {
 public:
  rule_variables(const run_state& run, const token& t, const std::string& node,
                 own_variables own = {})
      : run_(run),
        token_(t),
        node_(node),
        run_id_(run.key.id.str()),
        node_id_(node),
        condition_(t.condition_result ? json(*t.condition_result) : json()) {
    layers_.set_context(*this);
    for (const auto& [name, value] : own) layers_.add_member(name, *value);
    layers_.add_member("metadata", run.metadata);
    layers_.add_member("run_id", run_id_);
    layers_.add_member("thread_id", run_id_);
    layers_.add_member("current_node", node_id_);
    layers_.add_member("condition_result", condition_);
    if (run.vars) layers_.add_member("vars", *run.vars);
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
