#include "flow/logic/text_search.hpp"

#include <cstdint>
#include <vector>

namespace pawl::flow::logic {
namespace {

// Up to this length the standard search is fast even in the worst case.
constexpr std::size_t short_needle = 32;

// Algorithm: Knuth, Morris, Pratt.
bool search(std::string_view haystack, std::string_view needle) {
  std::vector<std::uint32_t> border(needle.size() + 1, 0);
  for (std::size_t i = 1, k = 0; i < needle.size(); ++i) {
    while (k > 0 && needle[i] != needle[k]) k = border[k];
    if (needle[i] == needle[k]) ++k;
    border[i + 1] = static_cast<std::uint32_t>(k);
  }
  std::size_t matched = 0;
  for (const char c : haystack) {
    while (matched > 0 && c != needle[matched]) matched = border[matched];
    if (c == needle[matched]) ++matched;
    if (matched == needle.size()) return true;
  }
  return false;
}

}  // namespace

bool contains(evaluation& run, std::string_view haystack, std::string_view needle) {
  if (needle.size() > haystack.size()) return false;
  if (!run.read(haystack.size())) return false;
  if (needle.size() <= short_needle) return haystack.find(needle) != std::string_view::npos;
  // Charges the memory of the table. The budget also keeps its entries within 32 bits.
  if (!run.take(needle.size() * sizeof(std::uint32_t))) return false;
  return search(haystack, needle);
}

}  // namespace pawl::flow::logic
