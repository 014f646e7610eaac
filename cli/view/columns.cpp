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

std::string fit_middle(std::string_view text, std::size_t width, std::string_view ellipsis) {
  constexpr std::size_t tail = 4;
  if (text.size() <= width) return std::string{text};
  const std::size_t dots = display_width(ellipsis);
  if (width < tail + dots + 1) return fit(text, width, ellipsis);
  return std::string{text.substr(0, width - tail - dots)}.append(ellipsis).append(
      text.substr(text.size() - tail));
}

}  // namespace pawl::cli
