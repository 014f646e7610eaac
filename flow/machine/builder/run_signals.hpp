#pragma once

#include <optional>
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
  /// Removes the oldest signal of a type from the inbox, for the node where the token is. Returns
  /// its payload; none if there is no such signal.
  [[nodiscard]] std::optional<json> claim(const token& t, const std::string& type);

 private:
  change_set& changes_;
};

}  // namespace pawl::flow
