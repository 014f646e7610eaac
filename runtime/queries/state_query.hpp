#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include <pawl/run.hpp>
#include <pawl/run_states.hpp>

#include "flow/definition/compiled.hpp"
#include "flow/machine/state.hpp"
#include "runtime/queries/read_budget.hpp"

namespace pawl {

class engine_core;

/// A state that a run had, with its flow version.
struct found_state {
  std::shared_ptr<const flow::run_state> state;
  std::shared_ptr<const flow::compiled_flow> compiled;
};

/// Reads the state of a run at a checkpoint, from the checkpoints up to it; see `read_to_end`.
/// Errors: `not_found` (the run or the checkpoint), `unavailable`, those of the store. The core
/// must outlive it. Not thread-safe.
class state_query {
 public:
  /// `checkpoint` 0: the last one.
  state_query(const engine_core& core, run_key key, std::uint64_t checkpoint);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] found_state take();

 private:
  const engine_core& core_;
  run_key key_;
  std::uint64_t wanted_;
  std::optional<flow::run_state> state_;
  std::shared_ptr<const flow::compiled_flow> compiled_;
};

/// Reads the public form of such a state.
class past_state_query : public state_query {
 public:
  using state_query::state_query;
  [[nodiscard]] past_state take();
};

/// Reads the difference between two states of a run.
class state_diff_query {
 public:
  state_diff_query(const engine_core& core, const run_key& key, std::uint64_t from,
                   std::uint64_t to);

  [[nodiscard]] result<bool> read(read_budget& turn);
  [[nodiscard]] state_diff take();

 private:
  past_state_query from_;
  past_state_query to_;
  bool from_is_read_ = false;
  json before_;
  std::uint64_t before_checkpoint_ = 0;
};

}  // namespace pawl
