#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <pawl/detail/fair_budget.hpp>
#include <pawl/ids.hpp>
#include <pawl/result.hpp>
#include <pawl/settings.hpp>

#include "actors/limiter.hpp"

namespace pawl::actors {

/// The kinds of calls of an engine. Each has places of its own, so that those that wait for long do
/// not keep others out.
enum class call_kind : std::uint8_t {
  command,  ///< changes something, or asks an actor
  wait,     ///< for the end of a run
  poll,     ///< of a worker
  query,    ///< waits for a thread that reads the store
};

/// What a call takes while it is in flight.
struct call_place {
  call_kind kind = call_kind::command;
  scope_name scope;
  std::uint64_t bytes = 0;  ///< memory that depends on the call: see `call_size`
};

/// Limits the calls in flight: the number of each kind, and the bytes of all, which the scopes
/// share (`detail::fair_budget`). Safe for concurrent use.
class call_limits {
 public:
  explicit call_limits(const settings& s);

  /// Error: `overloaded`, which names the setting; nothing was taken.
  [[nodiscard]] result<void> try_take(const call_place& wanted);
  /// Gives back what `try_take` took.
  void give_back(const call_place& taken);

  [[nodiscard]] std::uint64_t used(call_kind kind) const noexcept {
    return places_[static_cast<std::size_t>(kind)].used();
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_.used(); }

 private:
  std::array<limiter, 4> places_;  ///< by kind
  detail::fair_budget bytes_;
};

}  // namespace pawl::actors
