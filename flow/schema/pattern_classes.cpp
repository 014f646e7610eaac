#include "flow/schema/pattern_classes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace pawl::flow::schema {
namespace {

using long_name = std::pair<std::string_view, std::string_view>;

/// Unicode Standard Annex 44, table 12.
constexpr std::array<long_name, 40> categories = {{
    {"Letter", "L"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Combining_Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Connector_Punctuation", "Pc"},
    {"Dash_Punctuation", "Pd"},
    {"Open_Punctuation", "Ps"},
    {"Close_Punctuation", "Pe"},
    {"Initial_Punctuation", "Pi"},
    {"Final_Punctuation", "Pf"},
    {"Other_Punctuation", "Po"},
    {"Symbol", "S"},
    {"Math_Symbol", "Sm"},
    {"Currency_Symbol", "Sc"},
    {"Modifier_Symbol", "Sk"},
    {"Other_Symbol", "So"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Line_Separator", "Zl"},
    {"Paragraph_Separator", "Zp"},
    {"Other", "C"},
    {"Control", "Cc"},
    {"cntrl", "Cc"},
    {"Format", "Cf"},
    {"Private_Use", "Co"},
    {"Surrogate", "Cs"},
}};

bool is_ascii_alnum(char32_t c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

std::string re2_character(char32_t c) {
  if (is_ascii_alnum(c)) return {static_cast<char>(c)};
  std::array<char, 8> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                 static_cast<std::uint32_t>(c), 16);
  return "\\x{" + std::string{digits.data(), end.ptr} + "}";
}

std::string_view re2_class(char letter) noexcept {
  // ECMA-262, WhiteSpace and LineTerminator.
  switch (letter) {
    case 'd':
      return "0-9";
    case 'D':
      return "\\D";
    case 'w':
      return "0-9A-Za-z_";
    case 'W':
      return "\\W";
    case 's':
      return "\\t-\\r \\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}"
             "\\x{3000}\\x{FEFF}";
    case 'S':
      return "\\x{0}-\\x{8}\\x{E}-\\x{1F}\\x{21}-\\x{9F}\\x{A1}-\\x{167F}\\x{1681}-\\x{1FFF}"
             "\\x{200B}-\\x{2027}\\x{202A}-\\x{202E}\\x{2030}-\\x{205E}\\x{2060}-\\x{2FFF}"
             "\\x{3001}-\\x{FEFE}\\x{FF00}-\\x{10FFFF}";
    default:
      return {};
  }
}

std::string re2_property(std::string_view name) {
  for (const std::string_view prefix : {"General_Category=", "gc=", "Script=", "sc="})
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  const auto known = std::find_if(categories.begin(), categories.end(),
                                  [&](const long_name& each) { return each.first == name; });
  if (known != categories.end()) return std::string{known->second};
  const bool is_word = std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || is_ascii_alnum(static_cast<unsigned char>(c));
  });
  return is_word ? std::string{name} : std::string{};
}

}  // namespace pawl::flow::schema
