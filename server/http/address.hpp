#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl::server::http {

/// An address to listen on.
struct address {
  std::string path;        ///< path of a Unix socket; empty for an IP address
  std::string host;        ///< numeric: "127.0.0.1", "::1"
  std::uint16_t port = 0;  ///< 0: any free port

  [[nodiscard]] bool is_unix() const noexcept { return !path.empty(); }
};

/// Parses "127.0.0.1:7717", "[::1]:7717", "localhost:7717" (127.0.0.1) or "unix:/path". Error:
/// `invalid_argument`.
[[nodiscard]] result<address> parse_address(std::string_view text);

/// The form that `parse_address` reads.
[[nodiscard]] std::string to_string(const address& a);

}  // namespace pawl::server::http
