#include "server/yaml/plain_scalar.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "flow/values/parse_json.hpp"

namespace pawl::server {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

/// Removes the leading characters of `set` from `text` and returns how many there were.
std::size_t skip(std::string_view& text, std::string_view set) {
  const std::size_t count = std::min(text.find_first_not_of(set), text.size());
  text.remove_prefix(count);
  return count;
}

constexpr std::string_view digits = "0123456789";

bool skip_sign(std::string_view& text) {
  if (text.empty() || (text[0] != '-' && text[0] != '+')) return false;
  text.remove_prefix(1);
  return true;
}

/// Whether the core schema reads a text as a number: decimal, 0o7, 0x1f, .inf or .nan.
bool is_core_number(std::string_view text) {
  for (const auto& [prefix, set] :
       {std::pair{"0o", "01234567"}, std::pair{"0x", "0123456789abcdefABCDEF"}}) {
    if (!text.starts_with(prefix)) continue;
    text.remove_prefix(2);
    return skip(text, set) > 0 && text.empty();
  }
  if (is_one_of(text, {".nan", ".NaN", ".NAN"})) return true;
  skip_sign(text);
  if (is_one_of(text, {".inf", ".Inf", ".INF"})) return true;
  std::size_t count = skip(text, digits);
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    count += skip(text, digits);
  }
  if (count == 0) return false;
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  skip_sign(text);
  return skip(text, digits) > 0 && text.empty();
}

/// The same for JSON (RFC 8259).
bool is_json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool starts_with_zero = text.starts_with('0');
  const std::size_t whole = skip(text, digits);
  if (whole == 0 || (starts_with_zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (skip(text, digits) == 0) return false;
  }
  return text.empty() || text[0] == 'e' || text[0] == 'E';
}

}  // namespace

plain_scalar read_plain_scalar(std::string_view text) {
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return {nullptr};
  if (is_one_of(text, {"true", "True", "TRUE"})) return {true};
  if (is_one_of(text, {"false", "False", "FALSE"})) return {false};
  if (!is_core_number(text)) return {std::string{text}};
  if (!is_json_number(text))
    return {nullptr, "JSON does not have this number: write it as JSON does, or in quotes"};
  auto number = flow::parse_json(text, "", text.size(), 1);
  if (!number) return {nullptr, "this number cannot be kept exactly: write it in quotes"};
  return {*std::move(number)};
}

}  // namespace pawl::server
