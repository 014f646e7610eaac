#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl::server::http {

/// Where a server listens.
struct address {
  std::string path;        ///< of a Unix socket; empty: an IP address
  std::string host;        ///< numeric: "127.0.0.1", "::1"
  std::uint16_t port = 0;  ///< 0: any that is free

  [[nodiscard]] bool is_unix() const noexcept { return !path.empty(); }
};

/// Reads "127.0.0.1:7717", "[::1]:7717", "localhost:7717" (which is 127.0.0.1) or "unix:/path".
/// Error: `invalid_argument`.
[[nodiscard]] result<address> parse_address(std::string_view text);

/// As `parse_address` reads it.
[[nodiscard]] std::string to_string(const address& a);

}  // namespace pawl::server::http
