#include "flow/schema/format_text.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace pawl::flow::schema {
namespace {

bool is_number_char(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_letter_char(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_hex_char(char c) noexcept {
  return is_number_char(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
template <class Allowed>
bool all_are(std::string_view text, Allowed allowed) {
  return std::all_of(text.begin(), text.end(), allowed);
}

/// The two digits at a place of a text; none if there are others.
std::optional<int> two_digits(std::string_view text, std::size_t at) {
  if (at + 2 > text.size() || !is_number_char(text[at]) || !is_number_char(text[at + 1]))
    return std::nullopt;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

/// Whether a text is HH:MM; `minutes` since midnight.
bool read_minutes(std::string_view text, int& minutes) {
  const auto hour = two_digits(text, 0);
  const auto minute = two_digits(text, 3);
  if (text.size() != 5 || text[2] != ':' || !hour || !minute || *hour > 23 || *minute > 59)
    return false;
  minutes = *hour * 60 + *minute;
  return true;
}

/// One segment of an IPv6 address.
bool is_hex_group(std::string_view text) {
  return !text.empty() && text.size() <= 4 && all_are(text, is_hex_char);
}

/// The number of 16-bit groups in a part of an IPv6 address; -1 if it is malformed.
int count_groups(std::string_view part, bool may_end_in_ipv4) {
  if (part.empty()) return 0;
  int count = 0;
  for (;;) {
    const std::size_t colon = part.find(':');
    const auto group = part.substr(0, colon);
    const bool is_last = colon == part.npos;
    if (is_last && may_end_in_ipv4 && is_ipv4(group)) return count + 2;
    if (!is_hex_group(group)) return -1;
    ++count;
    if (is_last) return count;
    part.remove_prefix(colon + 1);
  }
}

/// RFC 3986: unreserved, sub-delims, percent-encoded, and `more`.
bool is_uri_text(std::string_view text, std::string_view more) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !is_hex_char(text[i + 1]) || !is_hex_char(text[i + 2]))
        return false;
      i += 2;
    } else if (!is_letter_char(c) && !is_number_char(c) &&
               std::string_view{"-._~!$&'()*+,;="}.find(c) == std::string_view::npos &&
               more.find(c) == more.npos) {
      return false;
    }
  }
  return true;
}

bool is_authority(std::string_view text) {
  if (const std::size_t at = text.rfind('@'); at != text.npos) {
    if (!is_uri_text(text.substr(0, at), ":")) return false;
    text.remove_prefix(at + 1);
  }
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos || !is_ipv6(text.substr(1, end - 1))) return false;
    text.remove_prefix(end + 1);
    return text.empty() || (text[0] == ':' && all_are(text.substr(1), is_number_char));
  }
  const std::size_t colon = text.find(':');
  return is_uri_text(text.substr(0, colon), "") &&
         (colon == text.npos || all_are(text.substr(colon + 1), is_number_char));
}

/// The length of "scheme:", 0 if there is none.
std::size_t scheme_size(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos || colon == 0 || !is_letter_char(text[0])) return 0;
  const bool is_scheme = all_are(text.substr(0, colon), [](char c) {
    return is_letter_char(c) || is_number_char(c) || c == '+' || c == '-' || c == '.';
  });
  return is_scheme ? colon + 1 : 0;
}

/// What follows the scheme, or a reference without one.
bool is_rest_of_uri(std::string_view text) {
  const std::size_t hash = text.find('#');
  if (hash != text.npos) {
    if (!is_uri_text(text.substr(hash + 1), ":@/?")) return false;
    text = text.substr(0, hash);
  }
  const std::size_t question = text.find('?');
  if (question != text.npos) {
    if (!is_uri_text(text.substr(question + 1), ":@/?")) return false;
    text = text.substr(0, question);
  }
  if (text.starts_with("//")) {
    const std::size_t end = std::min(text.find('/', 2), text.size());
    if (!is_authority(text.substr(2, end - 2))) return false;
    text.remove_prefix(end);
  }
  return is_uri_text(text, ":@/");
}

bool is_local_part(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
      const bool escaped = text[i] == '\\';
      if (escaped && ++i + 1 >= text.size()) return false;
      if (text[i] < ' ' || text[i] > '~' || (text[i] == '"' && !escaped)) return false;
    }
    return true;
  }
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != text.npos)
    return false;
  return all_are(text, [](char c) {
    return is_letter_char(c) || is_number_char(c) ||
           std::string_view{"!#$%&'*+-/=?^_`{|}~."}.find(c) != std::string_view::npos;
  });
}

}  // namespace

bool is_date(std::string_view text) {
  const auto century = two_digits(text, 0), year = two_digits(text, 2);
  const auto month = two_digits(text, 5), day = two_digits(text, 8);
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  if (!century || !year || !month || !day || *month < 1 || *month > 12 || *day < 1) return false;
  const int full = *century * 100 + *year;
  const bool leap = full % 4 == 0 && (full % 100 != 0 || full % 400 == 0);
  constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return *day <= days[*month - 1] + (*month == 2 && leap ? 1 : 0);
}

bool is_time(std::string_view text) {
  int minutes = 0, offset = 0;
  if (!read_minutes(text.substr(0, 5), minutes) || text.size() < 9 || text[5] != ':') return false;
  const auto second = two_digits(text, 6);
  if (!second || *second > 60) return false;
  text.remove_prefix(8);
  if (text[0] == '.') {
    std::size_t digits = 1;
    while (digits < text.size() && is_number_char(text[digits])) ++digits;
    if (digits == 1) return false;
    text.remove_prefix(digits);
  }
  if (text.empty()) return false;
  const char sign = text[0];
  if (sign == '+' || sign == '-') {
    if (!read_minutes(text.substr(1), offset)) return false;
  } else if (text != "Z" && text != "z") {
    return false;
  }
  if (*second < 60) return true;
  // A leap second is the last one of a day in UTC.
  constexpr int day = 24 * 60;
  return (minutes + (sign == '+' ? day - offset : offset)) % day == day - 1;
}

bool is_date_time(std::string_view text) {
  return text.size() > 11 && (text[10] == 'T' || text[10] == 't') && is_date(text.substr(0, 10)) &&
         is_time(text.substr(11));
}

bool is_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == text.npos || !is_local_part(text.substr(0, at))) return false;
  const auto domain = text.substr(at + 1);
  if (!domain.starts_with('[') || !domain.ends_with(']')) return is_hostname(domain);
  const auto address = domain.substr(1, domain.size() - 2);
  return address.starts_with("IPv6:") ? is_ipv6(address.substr(5)) : is_ipv4(address);
}

bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  for (;;) {
    const std::size_t dot = text.find('.');
    const auto label = text.substr(0, dot);
    const bool good =
        !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
        all_are(label, [](char c) { return is_letter_char(c) || is_number_char(c) || c == '-'; });
    if (!good) return false;
    if (dot == text.npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_ipv4(std::string_view text) {
  for (int part = 1; part <= 4; ++part) {
    const std::size_t dot = part < 4 ? text.find('.') : text.size();
    if (dot == text.npos || dot == 0 || dot > 3) return false;
    const auto digits = text.substr(0, dot);
    if (!all_are(digits, is_number_char) || (dot > 1 && digits[0] == '0')) return false;
    if (dot == 3 && digits > "255") return false;
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return true;
}

bool is_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == text.npos) return count_groups(text, true) == 8 && !text.empty();
  const int before = count_groups(text.substr(0, gap), false);
  const int after = count_groups(text.substr(gap + 2), true);
  return before >= 0 && after >= 0 && before + after <= 7;
}

bool is_uri(std::string_view text) {
  const std::size_t scheme = scheme_size(text);
  return scheme > 0 && is_rest_of_uri(text.substr(scheme));
}

bool is_uri_reference(std::string_view text) {
  if (is_uri(text)) return true;
  // The first segment of a relative path has no colon, which would end a scheme.
  return text.substr(0, text.find_first_of("/?#")).find(':') == text.npos && is_rest_of_uri(text);
}

bool is_json_pointer(std::string_view text) {
  if (text.empty()) return true;
  if (text[0] != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')))
      return false;
  return true;
}

bool is_relative_json_pointer(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && is_number_char(text[digits])) ++digits;
  if (digits == 0 || (digits > 1 && text[0] == '0')) return false;
  const auto rest = text.substr(digits);
  return rest == "#" || is_json_pointer(rest);
}

}  // namespace pawl::flow::schema
