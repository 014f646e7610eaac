#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <pawl/ids.hpp>
#include <pawl/result.hpp>

namespace pawl::cli {

/// The address of a server.
struct server_address {
  std::string shown;        ///< as given, for messages
  std::string url;          ///< prefix of request paths: "https://pawl.example:7717"
  std::string socket_path;  ///< of a Unix socket; empty for TCP
};

/// Parses "http://HOST[:PORT][/PREFIX]", "https://…" or "unix:/PATH". Error: `invalid_argument`.
[[nodiscard]] result<server_address> parse_server_address(std::string_view text);

/// The address, credentials and scope for requests to a server.
struct server_access {
  server_address at;
  std::string token;    ///< API key; may be empty
  std::string ca_file;  ///< trusted CA certificates; empty: those of the system
  scope_name scope = default_scope();
};

/// Parses an API key from a file or variable. Removes trailing line breaks and spaces. Error:
/// `invalid_argument`; the message does not contain the key.
[[nodiscard]] result<std::string> parse_token(std::string_view text, std::string_view origin);

}  // namespace pawl::cli
