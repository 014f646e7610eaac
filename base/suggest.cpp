#include "pawl/suggest.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace pawl {
namespace {

constexpr std::size_t max_word_bytes = 64;
using row = std::array<std::size_t, max_word_bytes + 1>;

bool same_letter(char a, char b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return lower(a) == lower(b);
}

// Both words are at most max_word_bytes long.
std::size_t slips_between(std::string_view a, std::string_view b) noexcept {
  row before_last{};
  row last{};
  row current{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (same_letter(a[i - 1], b[j - 1]) ? 0 : 1);
      current[j] = std::min({last[j] + 1, current[j - 1] + 1, replaced});
      const bool swapped =
          i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]);
      if (swapped) current[j] = std::min(current[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = current;
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> known,
                                        std::size_t max_distance) {
  std::optional<std::string_view> best;
  std::size_t fewest = max_word_bytes + 1;
  if (word.empty() || word.size() > max_word_bytes) return best;
  for (const std::string_view candidate : known) {
    if (candidate.size() > max_word_bytes) continue;
    const std::size_t slips = slips_between(word, candidate);
    const std::size_t allowed = std::min(std::max(word.size(), candidate.size()) / 3, max_distance);
    if (slips <= allowed && slips < fewest) {
      fewest = slips;
      best = candidate;
    }
  }
  return best;
}

}  // namespace pawl
