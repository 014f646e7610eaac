#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <unordered_set>
#include <vector>

#include <pawl/result.hpp>
#include <pawl/run.hpp>

#include "persistence/run_removal.hpp"

namespace pawl::actors {

/// The deletion of one run and its subflows, step by step: hold the run, find its subflows, hold
/// them, find theirs; then write the batches. Knows nothing of actors. Not thread-safe.
class removal_job {
 public:
  /// What the job needs next.
  enum class next : std::uint8_t {
    hold,    ///< `to_hold` has runs: hold them and report each with `on_held`
    wait,    ///< for further calls of `on_held`
    write,   ///< call `take_batch`, until it returns nothing
    in_use,  ///< a run was not held: release all, and try again with a new job
    refuse,  ///< release all; `refusal` says why
  };

  explicit removal_job(run_key root);

  [[nodiscard]] const run_key& root() const noexcept { return root_; }
  /// Reads the run. Errors: the run cannot be deleted.
  [[nodiscard]] result<void> begin(const persistence::view& now);
  /// Removes the runs to hold and returns them.
  [[nodiscard]] std::vector<run_key> take_to_hold();
  /// Reports whether a run is held. `now`: a view from after it was held.
  [[nodiscard]] next on_held(const run_key& run, bool held,
                             const std::shared_ptr<const persistence::view>& now);
  /// Errors: those of the store.
  [[nodiscard]] result<std::optional<persistence::batch>> take_batch() { return removal_->next(); }
  /// The blobs that the runs have held until the batches since the last call.
  [[nodiscard]] std::set<persistence::blob_key> take_released() {
    return removal_->take_released();
  }

  /// The runs that are held.
  [[nodiscard]] const std::unordered_set<run_key>& held() const noexcept { return held_; }
  /// Of `next::refuse`.
  [[nodiscard]] const error& refusal() const noexcept { return *refusal_; }
  /// What is deleted. Only after `next::write`.
  [[nodiscard]] const persistence::run_removal& removal() const noexcept { return *removal_; }

 private:
  /// Checks the runs that were held since the last time, and finds their children.
  [[nodiscard]] result<void> extend(const persistence::view& now);

  run_key root_;
  std::vector<persistence::family_member> family_;  ///< held, parents before children
  std::size_t checked_ = 0;                         ///< members that `extend` has seen
  std::vector<run_key> to_hold_;
  std::unordered_set<run_key> held_;
  std::size_t asked_ = 0;  ///< holds that are not reported yet
  bool in_use_ = false;
  std::optional<error> refusal_;
  std::unique_ptr<persistence::run_removal> removal_;
};

}  // namespace pawl::actors
