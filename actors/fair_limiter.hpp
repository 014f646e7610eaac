#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <pawl/ids.hpp>

namespace pawl::actors {

/// Counts the use of a limited resource by scopes, and wakes those who wait for it: exactly one for
/// each place that becomes free, in the order of `fair_queue`. No waiter has to retry.
///
/// Safe for concurrent use. All operations are O(log n).
class fair_limiter {
  struct state;
  struct entry;

 public:
  /// A place that was taken, or a turn to get one. Gives the place back, or leaves the queue, when
  /// it is destroyed. May outlive its limiter. Not safe for concurrent use.
  class place {
   public:
    place() noexcept;
    place(place&&) noexcept;
    place& operator=(place&&) noexcept;
    ~place();

    /// Whether it is a place: false while it waits for one, and if it is empty.
    [[nodiscard]] bool taken() const;
    /// Gives the place back, or leaves the queue. A `wake` that is under way on another thread is
    /// not waited for. Calls the `wake` of another one: the caller holds no lock that it needs.
    void release() noexcept;

   private:
    friend fair_limiter;
    explicit place(std::unique_ptr<entry> e) noexcept;
    std::unique_ptr<entry> entry_;
  };

  /// `limit`: the places for all; `reserve_for(limit)` more are kept for scopes that hold few.
  explicit fair_limiter(std::uint64_t limit);
  ~fair_limiter();
  fair_limiter(const fair_limiter&) = delete;

  /// Takes a place. Empty if the scope may not have one now.
  [[nodiscard]] place try_take(const scope_name& scope);
  /// Takes a place, or waits for one. `wake` is called once when the place is taken, by the thread
  /// that made room for it; it must not block or call the limiter. It is not called if the place
  /// that is returned is `taken`.
  [[nodiscard]] place take_or_wait(const scope_name& scope, const flow_name& flow,
                                   std::function<void()> wake);

  /// Takes places without regard to the limit.
  void take(const scope_name& scope, std::uint64_t count);
  /// Gives back what `take` took. Does nothing beyond that: a count that was read from a damaged
  /// store may be too low.
  void give_back(const scope_name& scope, std::uint64_t count);

  /// What a test or an operator can ask.
  struct counts {
    std::uint64_t used = 0;
    std::uint64_t waiting = 0;
    std::uint64_t woken = 0;  ///< the calls of `wake` so far
  };
  [[nodiscard]] counts now() const;

 private:
  std::shared_ptr<state> state_;
};

}  // namespace pawl::actors
