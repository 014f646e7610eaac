#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <pawl/run.hpp>

#include "flow/machine/run_input.hpp"
#include "persistence/codec.hpp"
#include "persistence/run_recorder.hpp"
#include "persistence/store.hpp"

/// How runs are read from a store. `run_recorder` writes them.
namespace pawl::persistence {

struct loaded_run {
  flow::run_state state;
  run_recorder::load_size size;
};
/// Returns the state at the run's last checkpoint, or nothing if there is no such run. Errors:
/// `corrupt`, `io_failed`.
[[nodiscard]] result<std::optional<loaded_run>> load_run(const view& from, const run_key& key);

/// Returns what the run was started with, or nothing if there is no such run. Errors: `corrupt`,
/// `io_failed`.
[[nodiscard]] result<std::optional<flow::run_input>> load_input(const view& from,
                                                                const run_key& key);

/// Returns the run's record, or nothing if there is no such run. Errors: `corrupt`, `io_failed`.
[[nodiscard]] result<std::optional<run_record>> load_record(const view& from, const run_key& key);

/// A checkpoint as it is stored: its number, time and events, and what it changed.
using stored_checkpoint = flow::delta;
/// Receives the number of a checkpoint that cannot be decoded, and why.
using damage_visitor = std::function<view::next(std::uint64_t number, const error& why)>;
/// Calls `visit` for each checkpoint from number `first`, oldest first, with its size in the store,
/// until it returns `view::next::stop`. `damaged` is called in place of `visit` for a damaged one;
/// without it, that is an error. Errors: `corrupt`, `io_failed`.
result<void> visit_history(
    const view& from, const run_key& key, std::uint64_t first,
    const std::function<view::next(stored_checkpoint what, std::size_t bytes)>& visit,
    const damage_visitor& damaged = {});
/// The same from checkpoint `last`, or the last one of the run, back to the first. Errors as above.
result<void> visit_history_back(
    const view& from, const run_key& key, std::uint64_t last,
    const std::function<view::next(stored_checkpoint what, std::size_t bytes)>& visit,
    const damage_visitor& damaged = {});
/// Returns at most `limit` checkpoints, from number `first`, oldest first. Errors as above.
[[nodiscard]] result<std::vector<stored_checkpoint>> load_history(const view& from,
                                                                  const run_key& key,
                                                                  std::uint64_t first,
                                                                  std::size_t limit);

}  // namespace pawl::persistence
