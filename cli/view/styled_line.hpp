#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "cli/terminal.hpp"
#include "cli/text.hpp"

namespace pawl::cli {

/// A line of text with escape sequences, and its width without them.
struct styled_line {
  std::string text;
  std::size_t width = 0;

  /// Appends printable text in a colour. Truncates it so that the line has at most `max_width`
  /// columns.
  void add(const text_style& style, tint in, std::string_view more, std::size_t max_width) {
    const std::string fitting = fit(more, max_width - std::min(max_width, width), style.ellipsis());
    text += style.paint(in, fitting);
    width += display_width(fitting);
  }
};

}  // namespace pawl::cli
