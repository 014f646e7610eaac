#pragma once

#include <cstdint>
#include <string>

#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/builder/failure_handler.hpp"
#include "flow/machine/builder/lifecycle.hpp"
#include "flow/machine/builder/run_branches.hpp"
#include "flow/machine/builder/run_calls.hpp"
#include "flow/machine/builder/run_compensations.hpp"
#include "flow/machine/builder/run_maps.hpp"
#include "flow/machine/builder/run_sections.hpp"
#include "flow/machine/builder/run_tokens.hpp"

namespace pawl::flow {

/// What becomes of a failure: an on_error edge takes it, a map tolerates it, a section handles it,
/// or the run fails. Also cancels runs, and revives failed ones.
class run_failures final : public failure_handler {
 public:
  run_failures(change_set& changes, lifecycle& lifecycle, run_calls& calls, run_tokens& tokens,
               run_branches& branches, run_maps& maps, run_sections& sections,
               run_compensations& compensations)
      : changes_(changes),
        lifecycle_(lifecycle),
        calls_(calls),
        tokens_(tokens),
        branches_(branches),
        maps_(maps),
        sections_(sections),
        compensations_(compensations) {}

  /// Fails the run for a reason outside its flow: nothing is compensated.
  void fail_now(run_error error);
  /// Fails the run, after its steps are compensated.
  void fail(run_error error);
  /// Cancels the run, after its steps are compensated.
  void cancel(const std::string& reason);
  /// Cancels the run at once: nothing is compensated.
  void terminate(const std::string& reason);
  /// Brings a failed run back to where it failed. Halted tokens arrive again, on the same visit.
  void revive(const std::string& reason);
  /// Skips the compensation that the token makes. Earlier steps are compensated then.
  void skip_compensation(token& t, const std::string& reason);
  void fail_at(token& t, const error& why) override;
  void fail_visit(token& t, const error& why) override;
  void fail_leaving(token& t, const error& why) override;
  void fail_item(token_id owner, token& t, const error& why) override;
  /// Records that a step failed after `us` microseconds, then fails the visit.
  void fail_step(token& t, const error& why, std::int64_t us = 0);

 private:
  /// Makes a failed run a running one, whose halted tokens arrive again.
  void reopen();
  /// Goes on with compensation inside tokens in which no token is left.
  void go_on_compensating();
  void offer_outwards(token& t, const error& why, run_error error);
  /// Offers the failure to a map, and to a section. Returns whether it takes it.
  [[nodiscard]] result<bool> offer_to_map(token_id map, std::uint32_t item, const error& why,
                                          const std::string& failed);
  [[nodiscard]] result<bool> offer_to_section(token_id section, const error& why,
                                              const json& value);

  change_set& changes_;
  lifecycle& lifecycle_;
  run_calls& calls_;
  run_tokens& tokens_;
  run_branches& branches_;
  run_maps& maps_;
  run_sections& sections_;
  run_compensations& compensations_;
};

}  // namespace pawl::flow
