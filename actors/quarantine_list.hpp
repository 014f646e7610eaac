#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "persistence/quarantine.hpp"

namespace pawl::actors {

/// The runs during whose work the process has died. Usually empty, and then costs one load. Safe
/// for concurrent use.
class quarantine_list {
 public:
  explicit quarantine_list(std::vector<persistence::suspect> suspects = {})
      : suspects_(std::move(suspects)), count_(suspects_.size()) {}

  [[nodiscard]] std::optional<persistence::suspect> find(const run_key& run) const {
    if (count_.load(std::memory_order_acquire) == 0) return std::nullopt;
    const std::lock_guard lock{mutex_};
    const auto found = std::find_if(suspects_.begin(), suspects_.end(),
                                    [&](const auto& each) { return each.run == run; });
    return found == suspects_.end() ? std::nullopt : std::optional{*found};
  }
  [[nodiscard]] bool is_quarantined(const run_key& run) const {
    const auto found = find(run);
    return found && found->is_quarantined();
  }
  void remove(const run_key& run) {
    const std::lock_guard lock{mutex_};
    std::erase_if(suspects_, [&](const auto& each) { return each.run == run; });
    count_.store(suspects_.size(), std::memory_order_release);
  }
  /// Number of quarantined runs.
  [[nodiscard]] std::size_t quarantined() const {
    const std::lock_guard lock{mutex_};
    return static_cast<std::size_t>(
        std::count_if(suspects_.begin(), suspects_.end(),
                      [](const auto& each) { return each.is_quarantined(); }));
  }

 private:
  mutable std::mutex mutex_;
  std::vector<persistence::suspect> suspects_;
  std::atomic<std::size_t> count_;
};

}  // namespace pawl::actors
