#pragma once

#include <string>
#include <vector>

#include "cli/output.hpp"
#include "cli/terminal.hpp"
#include "cli/view/styled_line.hpp"

namespace pawl::cli {

/// The last lines of a terminal, redrawn in place. The cursor stays visible and below the region,
/// so that the terminal is intact however the program ends.
class live_region {
 public:
  live_region(output& out, const terminal& screen) : out_(out), screen_(screen) {}

  /// Replaces the region in a single write, which avoids flicker. Lines must fit the width of the
  /// terminal.
  void draw(const std::vector<styled_line>& lines);
  /// Prints permanent lines above the region.
  void print_above(const std::vector<std::string>& lines);

 private:
  [[nodiscard]] std::string erase() const;

  output& out_;
  const terminal& screen_;
  std::vector<styled_line> drawn_;
};

}  // namespace pawl::cli
