#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::cli {

struct terminal_size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// The capabilities of an output.
struct terminal {
  int fd = 1;
  bool live = false;    ///< a terminal that can redraw lines in place
  bool colour = false;  ///< `live` and NO_COLOR is not set (https://no-color.org)
  bool utf8 = false;    ///< the locale is UTF-8

  /// The current size of the window; 80 by 24 if unknown.
  [[nodiscard]] terminal_size size() const noexcept;
};

/// Detects the capabilities of a descriptor from the environment: TERM, NO_COLOR, LC_ALL, LC_CTYPE,
/// LANG.
[[nodiscard]] terminal detect_terminal(int fd);

enum class tint { none, bold, dim, red, green, yellow, cyan };

/// The colours and character set of an output.
struct text_style {
  bool colour = false;
  bool utf8 = false;

  /// `text` with escape sequences for a colour, if colours are enabled.
  [[nodiscard]] std::string paint(tint in, std::string_view text) const;
  /// `pretty` for UTF-8, else `plain`.
  [[nodiscard]] std::string_view sign(std::string_view pretty, std::string_view plain) const {
    return utf8 ? pretty : plain;
  }
  [[nodiscard]] std::string_view ellipsis() const { return sign("…", ".."); }
};

}  // namespace pawl::cli
