#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "flow/machine/state.hpp"

/// How checkpoints become the state after them; and errors that name what was read.
namespace pawl::persistence {

/// Applies an encoded checkpoint to the state before it. Error: `corrupt`, also if it is not the
/// next one.
[[nodiscard]] result<void> apply_checkpoint(const run_key& key, flow::run_state& state,
                                            std::string_view bytes);

[[nodiscard]] error corrupt_run(const run_key& key, const std::string& what);
/// Names the run and what of it was read in an error.
[[nodiscard]] error of_run(error failure, const run_key& key, const std::string& part);
[[nodiscard]] error of_checkpoint(error failure, const run_key& key, std::uint64_t number);
/// "run r1 in scope default"
[[nodiscard]] std::string described(const run_key& key);

}  // namespace pawl::persistence
