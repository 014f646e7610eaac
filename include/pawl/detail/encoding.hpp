#pragma once

#include <string>
#include <string_view>

#include <pawl/detail/hex.hpp>

namespace pawl::detail {

/// Writes the bytes for which `keep` is false as %XX.
template <class Keep>
[[nodiscard]] std::string percent_encoded_unless(std::string_view text, const Keep& keep) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (keep(c)) {
      out += c;
    } else {
      out += '%';
      append_hex_byte(out, static_cast<unsigned char>(c), upper_hex_digits);
    }
  }
  return out;
}

/// Encodes every byte except letters, digits and "-._~" as %XX (RFC 3986, "unreserved").
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// The 64 digits of standard base64, in their order.
inline constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Encodes as standard base64 with padding (RFC 4648, section 4).
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace pawl::detail
