#include "server/api/percent.hpp"

#include <pawl/detail/hex.hpp>

namespace pawl::server {
namespace {

std::optional<std::string> decoded(std::string_view text, bool plus_is_space) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = detail::hex_value(text[i + 1]), low = detail::hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      plain += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      plain += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  return decoded(text, false);
}

std::optional<std::string> query_decoded(std::string_view text) {
  return decoded(text, true);
}

}  // namespace pawl::server
