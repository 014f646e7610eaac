#include <algorithm>
#include <cstdint>
#include <limits>

#include <pawl/code_ref.hpp>
#include <pawl/version_range.hpp>

namespace pawl {
namespace {

constexpr std::uint32_t highest = std::numeric_limits<std::uint32_t>::max();

}  // namespace

result<version_range> parse_version_range(std::string_view text) {
  constexpr std::string_view any = ".x";
  const std::string_view numbers = text.substr(0, text.size() - any.size());
  const auto parsed = parse_version(text.ends_with(any) ? numbers : text);
  if (parsed && !text.ends_with(any)) return version_range{*parsed};
  const auto dots = std::count(text.begin(), text.end(), '.');
  if (!parsed || dots > 2) {
    return error{errc::invalid_argument,
                 "invalid version: " + quoted(text) +
                     "; use the form 1.2.3, or 1.x or 1.2.x for the newest of these versions"};
  }
  version last{parsed->major, highest, highest};
  if (dots == 2) last.minor = parsed->minor;
  return version_range{*parsed, last};
}

std::string to_string(const version_range& range) {
  if (range.is_single()) return to_string(range.first);
  const std::string major = std::to_string(range.first.major) + ".";
  if (range.first.minor != range.last.minor) return major + "x";
  return major + std::to_string(range.first.minor) + ".x";
}

}  // namespace pawl
