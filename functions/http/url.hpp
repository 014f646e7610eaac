#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/result.hpp>

namespace pawl::functions::http {

/// A URL that core.http can call.
struct url {
  std::string text;   ///< the whole URL in ASCII, without a fragment
  std::string place;  ///< scheme, host, port and path, for messages: a query may have secrets
  std::string host;   ///< in lower case and ASCII, without brackets and trailing dot
  std::uint16_t port = 0;
  bool secure = false;  ///< https

  [[nodiscard]] bool same_origin(const url& other) const noexcept {
    return host == other.host && port == other.port && secure == other.secure;
  }
};

/// Parses an absolute http or https URL and appends `query`, which must be encoded. The message of
/// the error `invalid_arguments` completes the sentence "the URL must …" and shows no user name or
/// password.
[[nodiscard]] result<url> parse_url(const std::string& text, const std::string& query = {});

/// Resolves a Location header in a response from `from`. Errors: as `parse_url`.
[[nodiscard]] result<url> resolved(const url& from, const std::string& location);

}  // namespace pawl::functions::http
