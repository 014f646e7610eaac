#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <utility>

namespace pawl::functions::http {

/// The memory for the bodies of responses that are read at the same time. A body of up to
/// `small_body` bytes needs none of it; a larger one gets all that it may need at once, or waits,
/// so that no two of them wait for each other. One scope gets at most three quarters. Not
/// thread-safe.
class body_budget {
 public:
  static constexpr std::uint64_t small_body = 64 * 1024;

  /// Memory for one body: none, waiting, or taken. Gives it back when it is destroyed.
  class share {
   public:
    /// `owner`: returned by `next` when it is this one's turn.
    share(body_budget& from, std::string scope, std::uint64_t bytes, void* owner)
        : from_(from), scope_(std::move(scope)), bytes_(from.most_for_one(bytes)), owner_(owner) {}
    share(const share&) = delete;
    ~share();

    /// Takes the memory, or queues for it. Returns whether it is taken.
    [[nodiscard]] bool take();

   private:
    friend body_budget;
    enum class state : std::uint8_t { none, waiting, taken };
    body_budget& from_;
    const std::string scope_;
    const std::uint64_t bytes_;
    void* const owner_;
    state now_ = state::none;
    std::list<share*>::iterator at_;  ///< while it waits
  };

  explicit body_budget(std::uint64_t bytes) : limit_(bytes) {}
  body_budget(const body_budget&) = delete;

  /// Gives memory to the first of those who wait that may have it. Returns its owner; null if there
  /// is none.
  [[nodiscard]] void* next();
  [[nodiscard]] std::uint64_t used() const noexcept { return used_; }

 private:
  [[nodiscard]] std::uint64_t most_for_one(std::uint64_t bytes) const noexcept {
    return bytes < limit_ / 4 ? bytes : limit_ / 4;
  }
  [[nodiscard]] bool try_take(share& for_this);

  const std::uint64_t limit_;
  std::uint64_t used_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> used_by_;  ///< by scope
  std::list<share*> waiting_;
};

}  // namespace pawl::functions::http
