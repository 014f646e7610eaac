#include "cli/target/server_address.hpp"

#include <algorithm>

#include <pawl/code_ref.hpp>

namespace pawl::cli {
namespace {

constexpr std::size_t max_token_bytes = 8192;

error bad_address(std::string_view text, std::string_view why) {
  return error{errc::invalid_argument,
               "the server's address " + pawl::quoted(text) + " " + std::string{why} +
                   "; it is such as http://127.0.0.1:7717, https://pawl.example or "
                   "unix:/run/pawl.sock"};
}

bool is_visible(char c) noexcept {
  return c > ' ' && c < '\x7f';
}

}  // namespace

result<server_address> parse_server_address(std::string_view text) {
  server_address at;
  at.shown = std::string{text};
  if (text.starts_with("unix:")) {
    at.socket_path = std::string{text.substr(5)};
    at.url = "http://localhost";
    if (at.socket_path.empty() || at.socket_path.front() != '/')
      return bad_address(text, "needs the whole path of a socket");
    if (at.socket_path.find('\0') != at.socket_path.npos || at.socket_path.size() > 107)
      return bad_address(text, "has a path that no socket can have");
    return at;
  }
  const auto scheme = text.find("://");
  if (scheme == text.npos ||
      (text.substr(0, scheme) != "http" && text.substr(0, scheme) != "https"))
    return bad_address(text, "does not begin with http://, https:// or unix:");
  const auto rest = text.substr(scheme + 3);
  if (rest.empty() || rest.front() == '/' || rest.front() == ':')
    return bad_address(text, "names no host");
  if (!std::all_of(rest.begin(), rest.end(), is_visible))
    return bad_address(text, "has characters that an address cannot have");
  if (rest.find_first_of("?#") != rest.npos) return bad_address(text, "has a query or a fragment");
  if (rest.find('@') != rest.npos) {
    return error{errc::invalid_argument,
                 "the server's address has a user or a password in it; give a token by "
                 "--token-file or PAWL_TOKEN"};
  }
  at.url = std::string{text};
  while (at.url.back() == '/') at.url.pop_back();
  return at;
}

result<std::string> clean_token(std::string_view text, std::string_view origin) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  if (!text.empty() && text.size() <= max_token_bytes &&
      std::all_of(text.begin(), text.end(), is_visible))
    return std::string{text};
  return error{errc::invalid_argument,
               std::string{origin} + " has no token: it must be one word of visible ASCII signs"};
}

}  // namespace pawl::cli
