#pragma once

#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl::persistence::postgres {

/// Where a database is. `shown` has no password and is for messages.
struct address {
  std::string url;    ///< as given; libpq reads it
  std::string shown;  ///< "postgres://pawl@db.example.com:5432/pawl"
};

/// Reads a URL as libpq does: several hosts, parameters and a folder of sockets are allowed.
/// Errors: `invalid_argument`. No message repeats the URL, which may have a password.
[[nodiscard]] result<address> parse_address(std::string_view url);

/// "writing to the store in postgres://pawl@db.example.com:5432/pawl"
[[nodiscard]] std::string doing_to(std::string_view doing, const address& at);

}  // namespace pawl::persistence::postgres
