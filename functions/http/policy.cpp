#include "functions/http/policy.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "functions/http/encoding.hpp"

namespace pawl::functions::http {
namespace {

struct host_pattern {
  std::string name;                        ///< in lower case, without brackets
  std::optional<std::uint16_t> port = {};  ///< none: every port
};

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

/// Parses an entry of `allow_hosts` other than "*". None if it is invalid.
std::optional<host_pattern> parse_pattern(std::string_view entry) {
  std::string_view name = entry, rest;
  if (entry.starts_with('[')) {
    const auto close = entry.find(']');
    if (close == entry.npos) return std::nullopt;
    name = entry.substr(1, close - 1);
    rest = entry.substr(close + 1);
  } else if (std::count(entry.begin(), entry.end(), ':') == 1) {
    name = entry.substr(0, entry.find(':'));
    rest = entry.substr(name.size());
  }
  if (name.ends_with('.')) name.remove_suffix(1);
  host_pattern pattern{in_lower_case(name)};
  if (rest.empty()) return pattern;
  pattern.port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
  if (!pattern.port) return std::nullopt;
  return pattern;
}

/// Compares IPv6 addresses, which have several spellings.
bool is_same_ipv6(const std::string& a, const std::string& b) {
  in6_addr first{}, second{};
  return ::inet_pton(AF_INET6, a.c_str(), &first) == 1 &&
         ::inet_pton(AF_INET6, b.c_str(), &second) == 1 &&
         std::equal(std::begin(first.s6_addr), std::end(first.s6_addr), std::begin(second.s6_addr));
}

bool matches(const host_pattern& pattern, std::string_view host, std::uint16_t port) {
  if (pattern.port && *pattern.port != port) return false;
  if (pattern.name.starts_with("*.")) {
    const auto domain = std::string_view{pattern.name}.substr(1);  // with its dot
    return host.size() > domain.size() && host.ends_with(domain);
  }
  return host == pattern.name || is_same_ipv6(pattern.name, std::string{host});
}

}  // namespace

reach reach_of(const policy& rules, std::string_view host, std::uint16_t port) {
  auto found = reach::none;
  for (const auto& entry : rules.allow_hosts) {
    if (entry == "*") {
      found = reach::public_addresses;
    } else if (const auto pattern = parse_pattern(entry);
               pattern && matches(*pattern, host, port)) {
      return reach::all_addresses;
    }
  }
  return found;
}

}  // namespace pawl::functions::http
