#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::cli {

struct terminal_size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// What the one end of an output can show.
struct terminal {
  int fd = 1;
  bool live = false;    ///< lines can be drawn again in place
  bool colour = false;  ///< and in colour: not with NO_COLOR (https://no-color.org)
  bool utf8 = false;    ///< more than ASCII

  /// How large the window is now. 80 by 24 where the system does not tell.
  [[nodiscard]] terminal_size size() const noexcept;
};

/// Looks at a file descriptor and the environment (TERM, NO_COLOR, LC_ALL, LC_CTYPE, LANG).
[[nodiscard]] terminal look_at(int fd);

enum class tint { none, strong, dim, red, green, yellow, cyan };

/// The signs and colours of a terminal, or none.
struct style {
  bool colour = false;
  bool utf8 = false;

  /// `text` in a colour; as it is where there are none.
  [[nodiscard]] std::string paint(tint in, std::string_view text) const;
  /// One of two spellings, by what the terminal has.
  [[nodiscard]] std::string_view sign(std::string_view pretty, std::string_view plain) const {
    return utf8 ? pretty : plain;
  }
  [[nodiscard]] std::string_view ellipsis() const { return sign("…", ".."); }
};

}  // namespace pawl::cli
