#pragma once

#include <chrono>

#include "cli/view/live_region.hpp"

namespace pawl::cli {

/// How far a command is, as one line at the end of a terminal. Elsewhere it draws nothing.
class progress_line {
 public:
  progress_line(output& out, const terminal& screen) : screen_(screen), region_(out, screen) {}

  /// Draws the text that `text` returns, at most ten times a second; it is called only then.
  template <class Text>
  void show(Text text) {
    if (is_due()) draw(text());
  }
  void clear();

 private:
  [[nodiscard]] bool is_due();
  void draw(const std::string& text);

  const terminal& screen_;
  live_region region_;
  std::chrono::steady_clock::time_point drawn_at_{};
};

}  // namespace pawl::cli
