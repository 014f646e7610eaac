#pragma once

#include <string>
#include <vector>

#include "cli/output.hpp"
#include "cli/terminal.hpp"
#include "cli/view/drawn_line.hpp"

namespace pawl::cli {

/// The last lines of a terminal, drawn again in place. What was drawn stays when the program ends,
/// however it ends: the cursor is always below the region and never hidden.
class live_region {
 public:
  live_region(output& out, const terminal& screen) : out_(out), screen_(screen) {}

  /// Replaces the region; one write, so that nothing flickers. Lines must fit the terminal's width
  /// as it was when they were made.
  void draw(const std::vector<drawn_line>& lines);
  /// Prints whole lines above the region, where they stay.
  void print_above(const std::vector<std::string>& lines);

 private:
  [[nodiscard]] std::string erase() const;

  output& out_;
  const terminal& screen_;
  std::vector<drawn_line> drawn_;
};

}  // namespace pawl::cli
