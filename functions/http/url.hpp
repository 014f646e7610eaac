#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl::functions::http {

/// A URL that core.http can call.
struct url {
  std::string text;   ///< all of it, in ASCII, without a fragment
  std::string place;  ///< scheme, host, port and path: what may be shown, for a query has secrets
  std::string host;   ///< in lower case and ASCII, without brackets, without a dot at its end
  std::uint16_t port = 0;
  bool secure = false;  ///< https

  [[nodiscard]] bool same_origin(const url& other) const noexcept {
    return host == other.host && port == other.port && secure == other.secure;
  }
};

/// Reads an absolute URL with the scheme http or https and adds `query`, which is encoded already.
/// The error `invalid_arguments` completes the sentence "… must …" and shows nothing of user names
/// or passwords.
[[nodiscard]] result<url> parse_url(const std::string& text, const std::string& query = {});

/// The URL that a Location of `from` leads to; errors as `parse_url`.
[[nodiscard]] result<url> resolved(const url& from, const std::string& location);

}  // namespace pawl::functions::http
