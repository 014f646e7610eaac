#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <pawl/ids.hpp>
#include <pawl/result.hpp>

namespace pawl::cli {

/// Where a server listens.
struct server_address {
  std::string shown;        ///< as it was given, for people
  std::string url;          ///< what paths are put behind: "https://pawl.example:7717"
  std::string socket_path;  ///< of a Unix socket; empty for TCP
};

/// Reads "http://HOST[:PORT][/PREFIX]", "https://…" or "unix:/PATH". Error: `invalid_argument`.
[[nodiscard]] result<server_address> parse_server_address(std::string_view text);

/// How a server is spoken to.
struct server_access {
  server_address at;
  std::string token;    ///< empty: none
  std::string ca_file;  ///< authorities to trust in place of the system's; empty: the system's
  scope_name scope = default_scope();
};

/// A token as its file or variable has it: without the line break at its end. Error:
/// `invalid_argument` if it cannot be one; it is not in the message.
[[nodiscard]] result<std::string> clean_token(std::string_view text, std::string_view origin);

}  // namespace pawl::cli
