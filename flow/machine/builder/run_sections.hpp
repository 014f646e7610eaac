#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/builder/failure_handler.hpp"
#include "flow/machine/builder/run_branches.hpp"
#include "flow/machine/builder/run_calls.hpp"
#include "flow/machine/builder/run_compensations.hpp"
#include "flow/machine/builder/run_data.hpp"
#include "flow/machine/builder/run_tokens.hpp"

namespace pawl::flow {

/// The sections of a run, and the compensation of a part of a run while the rest goes on. The token
/// of a section stays at its node and gathers the tokens of the body, a branch of its own that
/// writes where the section would.
class run_sections {
 public:
  run_sections(change_set& changes, run_data& data, run_calls& calls, run_tokens& tokens,
               run_compensations& compensations, run_branches& branches, failure_handler& failures)
      : changes_(changes),
        data_(data),
        calls_(calls),
        tokens_(tokens),
        compensations_(compensations),
        branches_(branches),
        failures_(failures) {}

  /// Starts the body of a section. After a retry: goes on with it.
  void begin(token& t);
  /// Whether the body of a token's section has begun.
  [[nodiscard]] bool has_body(const token& t);
  /// Ends a section if all tokens of its body have ended. Returns false if not.
  bool close(token_id section);
  /// Ends a section early along an edge of its node: the body is stopped, and compensated if the
  /// section says so. `error`: what an on_error edge writes.
  void leave(token_id section, const compiled_edge& edge, std::optional<json> error);
  /// Stops the tokens inside a token, awaits them, compensates the steps inside, the last one
  /// first, and then lets the token go on.
  void compensate(token& t, pending_exit exit);
  /// Goes on with the compensation inside a token if no token is left there.
  void go_on(token_id id);
  /// A call that was asked to stop has ended: removes its token.
  void end_stopped(const token& t);
  /// The compensation that the token was placed for has succeeded, or is skipped.
  void finish_compensation(const token& t);
  /// The token of the section that a branch is the body of after `level` edges; null if none is.
  [[nodiscard]] const token* find_section(const std::vector<std::uint32_t>& branch,
                                          const std::vector<node_index>& forks, std::size_t level);

 private:
  void go_on_around(std::span<const std::uint32_t> branch);
  void finish_exit(token& t);
  void follow(token& t, const compiled_edge& edge, const std::optional<json>& error);

  change_set& changes_;
  run_data& data_;
  run_calls& calls_;
  run_tokens& tokens_;
  run_compensations& compensations_;
  run_branches& branches_;
  failure_handler& failures_;
};

}  // namespace pawl::flow
