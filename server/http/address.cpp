#include "server/http/address.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

#include <charconv>

#include <pawl/code_ref.hpp>

namespace pawl::server::http {
namespace {

constexpr std::string_view unix_prefix = "unix:";

error bad_address(std::string_view text, std::string_view why) {
  std::string message = "cannot listen on " + quoted(text) + ": ";
  message.append(why);
  message += "; use an address such as 127.0.0.1:7717, [::1]:7717 or unix:/run/pawl.sock";
  return {.code = errc::invalid_argument, .message = std::move(message)};
}

bool is_numeric_host(const std::string& host, int family) {
  in6_addr bytes{};
  return ::inet_pton(family, host.c_str(), &bytes) == 1;
}

result<address> unix_address(std::string_view text) {
  const std::string_view path = text.substr(unix_prefix.size());
  if (path.size() < 2 || path.front() != '/')
    return bad_address(text, "the path of a Unix socket must be absolute");
  if (path.size() >= sizeof(sockaddr_un::sun_path))
    return bad_address(text, "the path of a Unix socket can have at most " +
                                 std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes");
  if (path.find('\0') != path.npos) return bad_address(text, "the path contains a zero byte");
  return address{.path = std::string{path}, .host = {}, .port = 0};
}

}  // namespace

result<address> parse_address(std::string_view text) {
  if (text.starts_with(unix_prefix)) return unix_address(text);
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return bad_address(text, "the port is missing");
  const std::string_view port = text.substr(colon + 1);
  std::string_view host = text.substr(0, colon);
  address made;
  const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), made.port);
  if (port.empty() || code != std::errc{} || end != port.data() + port.size())
    return bad_address(text, "the port must be a number from 0 to 65535");
  const bool in_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (in_brackets) host = host.substr(1, host.size() - 2);
  made.host = host == "localhost" ? "127.0.0.1" : std::string{host};
  if (!is_numeric_host(made.host, in_brackets ? AF_INET6 : AF_INET))
    return bad_address(text, "the host must be an IP address (IPv6 in brackets)");
  return made;
}

std::string to_string(const address& a) {
  if (a.is_unix()) return std::string{unix_prefix} + a.path;
  const bool is_v6 = a.host.find(':') != a.host.npos;
  return (is_v6 ? "[" + a.host + "]" : a.host) + ":" + std::to_string(a.port);
}

}  // namespace pawl::server::http
