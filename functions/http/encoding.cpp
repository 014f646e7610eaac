#include "functions/http/encoding.hpp"

#include <pawl/detail/hex.hpp>
#include <pawl/detail/utf8.hpp>

namespace pawl::functions::http {
namespace {

template <class Keep>
std::string encoded_unless(std::string_view text, const Keep& keep) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (keep(c)) {
      out += c;
    } else {
      out += '%';
      detail::append_hex_byte(out, static_cast<unsigned char>(c), detail::upper_hex_digits);
    }
  }
  return out;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  return encoded_unless(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
  });
}

std::string with_ascii_only(std::string_view text) {
  return encoded_unless(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string as_header_value(std::string_view text) {
  return encoded_unless(text, [](char c) { return c > ' ' && c < '\x7f' && c != '%'; });
}

std::string base64(std::string_view bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto at = [&](std::size_t i) -> unsigned {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
  };
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const unsigned group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    out += digits[group >> 18];
    out += digits[group >> 12 & 63];
    out += i + 1 < bytes.size() ? digits[group >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? digits[group & 63] : '=';
  }
  return out;
}

std::string excerpt(std::string_view text, std::size_t max_bytes) {
  auto out = detail::to_valid_utf8(text, max_bytes);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto c = static_cast<unsigned char>(out[i]);
    const bool is_c1 = c == 0xc2 && static_cast<unsigned char>(out[i + 1]) < 0xa0;
    if (is_c1) out.erase(i, 1);
    if (is_c1 || c < ' ' || c == 0x7f) out[i] = ' ';
  }
  return out;
}

}  // namespace pawl::functions::http
