#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <pawl/run_options.hpp>

#include "flow/machine/state.hpp"

namespace pawl {

class engine_core;
namespace actors {
struct ended_run;
}

/// Reads runs from the store. Refers to the core; use it as a temporary. Every call sees all that
/// was answered as durable, and fails with `unavailable` if the engine is not open. Safe for
/// concurrent use.
class run_queries {
 public:
  explicit run_queries(const engine_core& core) : core_(core) {}

  [[nodiscard]] result<run_view> get(const run_key& key) const;
  /// The final state of a run, or nothing if that has to be read from the store.
  [[nodiscard]] std::optional<run_view> view_in_memory(const actors::ended_run& ended) const;
  [[nodiscard]] result<std::vector<run_count>> counts(const scope_name& in) const;

 private:
  const engine_core& core_;
};

}  // namespace pawl
