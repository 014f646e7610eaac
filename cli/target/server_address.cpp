#include "cli/target/server_address.hpp"

#include <algorithm>
#include <charconv>

#include <pawl/code_ref.hpp>

namespace pawl::cli {
namespace {

constexpr std::size_t max_token_bytes = 8192;

error bad_address(std::string_view text, std::string_view why) {
  return error{errc::invalid_argument,
               "invalid server address " + pawl::quoted(text) + ": it " + std::string{why} +
                   ". Examples: http://127.0.0.1:7717, https://pawl.example, "
                   "unix:/run/pawl.sock"};
}

bool is_visible(char c) noexcept {
  return c > ' ' && c < '\x7f';
}

/// True if the port is a number. `rest`: HOST[:PORT][/PATH], where HOST can be an IPv6 address in
/// brackets.
bool has_good_host(std::string_view rest) noexcept {
  const auto host_and_port = rest.substr(0, rest.find('/'));
  const auto bracket = host_and_port.rfind(']');
  if (host_and_port.starts_with('[') != (bracket != host_and_port.npos)) return false;
  const auto colon = host_and_port.find(':', bracket == rest.npos ? 0 : bracket);
  if (colon == rest.npos) return true;
  const auto text = host_and_port.substr(colon + 1);
  unsigned port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  return failure == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65'535;
}

}  // namespace

result<server_address> parse_server_address(std::string_view text) {
  server_address at;
  at.shown = std::string{text};
  if (text.starts_with("unix:")) {
    at.socket_path = std::string{text.substr(5)};
    at.url = "http://localhost";
    if (at.socket_path.empty() || at.socket_path.front() != '/')
      return bad_address(text, "requires an absolute path");
    if (at.socket_path.find('\0') != at.socket_path.npos || at.socket_path.size() > 107)
      return bad_address(text, "has an invalid socket path");
    return at;
  }
  const auto scheme = text.find("://");
  if (scheme == text.npos ||
      (text.substr(0, scheme) != "http" && text.substr(0, scheme) != "https"))
    return bad_address(text, "must begin with http://, https:// or unix:");
  const auto rest = text.substr(scheme + 3);
  if (rest.empty() || rest.front() == '/' || rest.front() == ':')
    return bad_address(text, "has no host");
  if (!std::all_of(rest.begin(), rest.end(), is_visible))
    return bad_address(text, "contains invalid characters");
  if (rest.find_first_of("?#") != rest.npos)
    return bad_address(text, "must not have a query or fragment");
  if (rest.find('@') != rest.npos) {
    return error{errc::invalid_argument,
                 "invalid server address: it must not contain a user or password. Use "
                 "--token-file or PAWL_TOKEN for an API key"};
  }
  if (!has_good_host(rest)) return bad_address(text, "has an invalid host or port");
  at.url = std::string{text};
  while (at.url.back() == '/') at.url.pop_back();
  return at;
}

result<std::string> parse_token(std::string_view text, std::string_view origin) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  if (!text.empty() && text.size() <= max_token_bytes &&
      std::all_of(text.begin(), text.end(), is_visible))
    return std::string{text};
  return error{
      errc::invalid_argument,
      std::string{origin} + " has no token: it must be one word of printable ASCII characters"};
}

}  // namespace pawl::cli
