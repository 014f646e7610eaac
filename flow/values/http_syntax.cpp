#include "flow/values/http_syntax.hpp"

#include <algorithm>

#include <pawl/detail/arguments.hpp>

namespace pawl::flow::http_syntax {

std::string in_lower_case(std::string_view text) {
  std::string lower{text};
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool is_header_name(std::string_view name) noexcept {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  const auto allowed = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != marks.npos;
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), allowed);
}

bool is_header_value(std::string_view value) noexcept {
  return std::none_of(value.begin(), value.end(),
                      [](char c) { return c == '\x7f' || (c >= '\0' && c < ' ' && c != '\t'); });
}

bool is_own_header(std::string_view lower_name) noexcept {
  constexpr std::string_view own[] = {
      "connection", "content-length",   "expect",  "host",    "keep-alive",
      "te",         "proxy-connection", "trailer", "upgrade", "transfer-encoding"};
  return std::find(std::begin(own), std::end(own), lower_name) != std::end(own);
}

std::optional<status_range> read_status(const json& item) {
  if (const auto status = detail::exact_integer<int>(item)) {
    if (*status < 100 || *status > 599) return std::nullopt;
    return status_range{*status, *status};
  }
  if (!item.is_string()) return std::nullopt;
  const auto& text = item.get_ref<const std::string&>();
  if (text.size() != 3 || text[0] < '1' || text[0] > '5' || !text.ends_with("xx"))
    return std::nullopt;
  const int first = (text[0] - '0') * 100;
  return status_range{first, first + 99};
}

bool is_query_value(const json& value) noexcept {
  const auto is_plain = [](const json& item) { return !item.is_structured() && !item.is_null(); };
  if (value.is_array()) return std::all_of(value.begin(), value.end(), is_plain);
  return value.is_null() || is_plain(value);
}

}  // namespace pawl::flow::http_syntax
