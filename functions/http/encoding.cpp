#include "functions/http/encoding.hpp"

#include <pawl/detail/utf8.hpp>

namespace pawl::functions::http {
std::string with_ascii_only(std::string_view text) {
  return detail::percent_encoded_unless(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string as_header_value(std::string_view text) {
  return detail::percent_encoded_unless(text,
                                        [](char c) { return c > ' ' && c < '\x7f' && c != '%'; });
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
