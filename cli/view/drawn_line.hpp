#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace pawl::cli {

/// A line of a picture: its text with colours, and how wide it is without them.
struct drawn_line {
  std::string text;
  std::size_t width = 0;

  /// Adds printable text in a colour, cut so that the line is at most `most` columns wide.
  void add(const style& look, tint in, std::string_view more, std::size_t most) {
    const std::string fitting = fit(more, most - std::min(most, width), look.ellipsis());
    text += look.paint(in, fitting);
    width += display_width(fitting);
  }
};

}  // namespace pawl::cli
