#include "cli/view/progress_line.hpp"

namespace pawl::cli {

bool progress_line::is_due() {
  constexpr std::chrono::milliseconds interval{100};
  const auto now = std::chrono::steady_clock::now();
  if (!screen_.live || now - drawn_at_ < interval) return false;
  drawn_at_ = now;
  return true;
}

void progress_line::draw(const std::string& text) {
  styled_line line;
  line.add({screen_.colour, screen_.utf8}, tint::dim, text, screen_.size().columns - 1);
  region_.draw({line});
}

void progress_line::clear() {
  if (screen_.live) region_.draw({});
}

}  // namespace pawl::cli
