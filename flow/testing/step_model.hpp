#pragma once

#include <optional>
#include <string>

#include <pawl/function.hpp>

#include "flow/machine/transition.hpp"
#include "flow/testing/random_flow.hpp"

namespace pawl::flow::testing {

/// The outcomes of step functions in simulated runs: a pure function of a seed and of all arguments
/// of the call, so a run that was restored with a wrong state takes another path. The attempt
/// decides whether a call fails, but not what it returns: a step that is repeated after a crash
/// returns the same.
class step_model {
 public:
  explicit step_model(std::uint64_t seed, std::size_t one_in_fails = 14)
      : seed_(seed), one_in_fails_(one_in_fails) {}

  [[nodiscard]] result<json> outcome(const std::string& node, std::uint32_t visit,
                                     std::uint32_t attempt, const json& args,
                                     const json& state) const {
    std::uint64_t hash = mix(seed_, node);
    hash = mix(hash, std::to_string(visit));
    hash = mix(hash, args.dump());
    hash = mix(hash, state.dump());
    random_source failing{mix(hash, std::to_string(attempt))};
    if (one_in_fails_ > 0 && failing.chance(one_in_fails_))
      return fail(failing.chance(2) ? "card_declined" : "", "the model lets this attempt fail");
    random_source random{hash};
    flow_generator values{random};
    if (random.chance(6)) return values.value();
    json made = json::object();
    for (std::size_t i = random.below(3); i > 0; --i)
      made[std::string{random.pick(flow_generator::keys)}] = values.value();
    // Makes loops on `n` end.
    const auto n = state.find("n");
    if (random.chance(2))
      made["n"] = n != state.end() && n->is_number_integer() ? n->get<std::int64_t>() + 1 : 1;
    return made;
  }

  /// Whether this call ends with a question.
  [[nodiscard]] std::optional<interruption> interrupts(std::string_view node, std::uint32_t visit,
                                                       const json* answer) const {
    random_source random{mix(mix(seed_ ^ 0x5eedu, node), std::to_string(visit))};
    if (answer != nullptr || !random.chance(25)) return std::nullopt;
    return interruption{{{"may I", std::string{node}}}, {{"n", 1}}};
  }
  [[nodiscard]] std::optional<interruption> interrupts(const invoke_effect& call) const {
    if (call.compensates || call.child) return std::nullopt;
    return interrupts(call.node, call.visit, call.answer ? &*call.answer : nullptr);
  }

  [[nodiscard]] result<json> outcome(const invoke_effect& call) const {
    return outcome(call.node, call.visit, call.attempt, call.args, call.state.whole());
  }

 private:
  std::uint64_t seed_;
  std::size_t one_in_fails_;
};

}  // namespace pawl::flow::testing
