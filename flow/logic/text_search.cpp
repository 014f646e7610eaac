#include "flow/logic/text_search.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace pawl::flow::logic {
namespace {

// Up to this length the standard search is fast even in the worst case.
constexpr std::size_t short_needle = 32;

// Algorithm: Knuth, Morris, Pratt.
std::optional<std::size_t> search(std::string_view haystack, std::string_view needle) {
  std::vector<std::uint32_t> border(needle.size() + 1, 0);
  for (std::size_t i = 1, k = 0; i < needle.size(); ++i) {
    while (k > 0 && needle[i] != needle[k]) k = border[k];
    if (needle[i] == needle[k]) ++k;
    border[i + 1] = static_cast<std::uint32_t>(k);
  }
  std::size_t matched = 0;
  for (std::size_t at = 0; at < haystack.size(); ++at) {
    const char c = haystack[at];
    while (matched > 0 && c != needle[matched]) matched = border[matched];
    if (c == needle[matched]) ++matched;
    if (matched == needle.size()) return at + 1 - needle.size();
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> find_text(evaluation& run, std::string_view haystack,
                                     std::string_view needle) {
  if (needle.size() > haystack.size()) return std::nullopt;
  if (!run.read(haystack.size())) return std::nullopt;
  if (needle.size() <= short_needle) {
    const auto found = haystack.find(needle);
    return found == std::string_view::npos ? std::nullopt : std::optional{found};
  }
  // Charges the memory of the table. The budget also keeps its entries within 32 bits.
  if (!run.take(needle.size() * sizeof(std::uint32_t))) return std::nullopt;
  return search(haystack, needle);
}

std::optional<std::size_t> next_part(evaluation& run, std::string_view haystack,
                                     std::string_view needle) {
  // Doubling the part that is searched keeps the sum linear, also for many places.
  for (std::size_t end = std::max<std::size_t>(256, 2 * needle.size());; end *= 2) {
    const bool is_all = end >= haystack.size();
    const auto found = find_text(run, haystack.substr(0, end), needle);
    if (found || is_all || run.failed()) return found;
  }
}

}  // namespace pawl::flow::logic
