#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace pawl::cli {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value = variable(name);
    if (value.empty()) continue;
    std::transform(value.begin(), value.end(), value.begin(),
                   [](unsigned char c) { return static_cast<char>(c | 0x20); });
    return value.find("utf-8") != value.npos || value.find("utf8") != value.npos;
  }
  return false;
}

std::string_view code_of(tint in) {
  switch (in) {
    case tint::bold:
      return "1";
    case tint::dim:
      return "2";
    case tint::red:
      return "31";
    case tint::green:
      return "32";
    case tint::yellow:
      return "33";
    case tint::cyan:
      return "36";
    case tint::none:
      break;
  }
  return "0";
}

}  // namespace

terminal_size terminal::size() const noexcept {
  winsize window{};
  if (::ioctl(fd, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return {};
  return {window.ws_col, window.ws_row};
}

terminal detect_terminal(int fd) {
  const std::string kind = variable("TERM");
  terminal seen;
  seen.fd = fd;
  seen.live = ::isatty(fd) == 1 && !kind.empty() && kind != "dumb";
  seen.colour = seen.live && variable("NO_COLOR").empty();
  seen.utf8 = locale_is_utf8();
  return seen;
}

std::string text_style::paint(tint in, std::string_view text) const {
  if (!colour || in == tint::none || text.empty()) return std::string{text};
  return std::string{"\x1b["}.append(code_of(in)).append("m").append(text).append("\x1b[0m");
}

}  // namespace pawl::cli
