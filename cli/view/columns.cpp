#include "cli/view/columns.hpp"

#include <algorithm>
#include <numeric>

#include "cli/text.hpp"

namespace pawl::cli {

std::vector<std::size_t> fit_columns(const std::vector<column>& columns, std::size_t room) {
  std::vector<std::size_t> widths;
  for (const auto& each : columns) widths.push_back(each.wanted);
  std::size_t sum = std::accumulate(widths.begin(), widths.end(), std::size_t{0});
  for (const auto limit : {&column::small, &column::least}) {
    for (std::size_t i = columns.size(); i-- > 0 && sum > room;) {
      const std::size_t least = std::min(columns[i].*limit, widths[i]);
      const std::size_t cut = std::min(widths[i] - least, sum - room);
      widths[i] -= cut;
      sum -= cut;
    }
  }
  return widths;
}

/// The end of a text, at most `width` columns wide.
static std::string_view last_columns(std::string_view text, std::size_t width) {
  std::size_t from = text.size();
  for (std::size_t at = text.size(); at-- > 0;) {
    if ((static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) continue;  // inside a character
    if (display_width(text.substr(at)) > width) break;
    from = at;
  }
  return text.substr(from);
}

std::string fit_middle(std::string_view text, std::size_t width, std::string_view ellipsis) {
  constexpr std::size_t tail = 4;
  if (display_width(text) <= width) return std::string{text};
  const std::size_t dots = display_width(ellipsis);
  if (width < tail + dots + 1) return fit(text, width, ellipsis);
  const auto end = last_columns(text, tail);
  return fit(text, width - display_width(end), ellipsis).append(end);
}

}  // namespace pawl::cli
