#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace pawl::detail {

/// A pot of bytes that holders (scopes, addresses) share so that none takes the whole pot: a holder
/// can take bytes if it then has at most as much as remains free. So one holder can have half of
/// the pot, and of n equal ones each 1/(n + 1): something is always left for the next one. (Dynamic
/// thresholds: Choudhury and Hahne, 1998.)
///
/// An item that is larger than that is not refused for ever: a holder that has nothing can take one
/// item that is as large as what is free, and an empty pot takes one item of any size.
///
/// Safe for concurrent use. The time of a call depends on the number of holders that have
/// something, logarithmically.
class fair_budget {
 public:
  explicit fair_budget(std::uint64_t most) : most_(most) {}

  /// Takes bytes if the rule allows it. Returns false, with nothing taken, if not. Taking 0 bytes
  /// is always allowed.
  [[nodiscard]] bool try_take(std::string_view holder, std::uint64_t bytes);
  /// Takes bytes without regard to the rule.
  void take(std::string_view holder, std::uint64_t bytes);
  /// Gives back bytes that this holder has taken.
  void give_back(std::string_view holder, std::uint64_t bytes);

  [[nodiscard]] std::uint64_t most() const noexcept { return most_; }
  [[nodiscard]] std::uint64_t used() const;
  [[nodiscard]] std::uint64_t used_by(std::string_view holder) const;

 private:
  [[nodiscard]] bool allows(std::uint64_t held, std::uint64_t bytes) const noexcept;
  void add(std::string_view holder, std::uint64_t bytes);

  const std::uint64_t most_;
  mutable std::mutex mutex_;  ///< guards the members below
  std::uint64_t used_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> held_;  ///< only holders that have something
};

}  // namespace pawl::detail
