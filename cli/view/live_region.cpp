#include "cli/view/live_region.hpp"

#include <algorithm>

namespace pawl::cli {

/// The sequence that moves the cursor to the start of the region. Accounts for lines that a
/// narrower window has wrapped.
std::string live_region::erase() const {
  const std::size_t columns = std::max<std::size_t>(screen_.size().columns, 1);
  std::size_t rows = 0;
  for (const auto& line : drawn_)
    rows += std::max<std::size_t>(1, (line.width + columns - 1) / columns);
  if (rows == 0) return "\r";
  return "\x1b[" + std::to_string(rows) + "A\r";
}

void live_region::draw(const std::vector<styled_line>& lines) {
  std::string frame = erase();
  for (const auto& line : lines) frame += line.text + "\x1b[K\n";
  frame += "\x1b[J";
  drawn_ = lines;
  out_.write(frame);
  out_.flush();
}

void live_region::print_above(const std::vector<std::string>& lines) {
  std::string frame = erase() + "\x1b[J";
  for (const auto& line : lines) frame += line + "\n";
  for (const auto& line : drawn_) frame += line.text + "\n";
  out_.write(frame);
  out_.flush();
}

}  // namespace pawl::cli
