#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "flow/machine/builder/change_set.hpp"
#include "flow/machine/command.hpp"

namespace pawl::flow {

/// The inbox of a run: signals that no node has claimed yet.
class run_signals {
 public:
  explicit run_signals(change_set& changes) : changes_(changes) {}

  /// Puts a signal into the inbox and remembers its id.
  void receive(signal_command&& sent);
  /// Whether the inbox has a signal of a type.
  [[nodiscard]] bool has(std::string_view type) const noexcept;
  /// The number of the oldest signal of a type; 0 if there is none.
  [[nodiscard]] std::uint64_t find(std::string_view type) const noexcept;
  /// The same for a signal whose payload `fits`.
  [[nodiscard]] std::uint64_t find(std::string_view type,
                                   const std::function<bool(const json&)>& fits) const;
  /// Removes a signal from the inbox, for the node where the token is. Returns its payload.
  [[nodiscard]] json claim(const token& t, std::uint64_t number);

 private:
  change_set& changes_;
};

}  // namespace pawl::flow
