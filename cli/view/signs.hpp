#pragma once

#include <string_view>

#include "cli/terminal.hpp"

/// The signs of nodes and runs on a terminal, each with its ASCII form.
namespace pawl::cli::signs {

[[nodiscard]] inline std::string_view idle(const text_style& s) {
  return s.sign("·", ".");
}
[[nodiscard]] inline std::string_view done(const text_style& s) {
  return s.sign("✔", "+");
}
[[nodiscard]] inline std::string_view failed(const text_style& s) {
  return s.sign("✖", "x");
}
[[nodiscard]] inline std::string_view halted(const text_style& s) {
  return s.sign("◌", "-");
}
[[nodiscard]] inline std::string_view waiting(const text_style& s) {
  return s.sign("◷", "~");
}
[[nodiscard]] inline std::string_view compensated(const text_style& s) {
  return s.sign("↺", "<");
}

}  // namespace pawl::cli::signs
