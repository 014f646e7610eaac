#include <string>
#include <utility>

#include <pawl/code_ref.hpp>

#include "flow/definition/definition.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {
namespace {

/// Returns the line and column, from 1, of a byte in a text.
std::pair<std::size_t, std::size_t> position_of(std::string_view text, std::size_t byte) {
  std::size_t line = 1, column = 1;
  for (std::size_t i = 0; i < byte && i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
  return {line, column};
}

/// Counts the depth of brackets outside strings: cheap, and done before the text is parsed.
bool deeper_than(std::string_view text, std::uint32_t max_depth) {
  std::uint32_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > max_depth) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

/// Returns the text of a parser's exception, without its prefix ("[…] parse error at …: "). The
/// input that it quotes is shortened to its end and made printable.
std::string reason_of(std::string text) {
  if (text.starts_with('[')) text.erase(0, text.find("] ") + 2);
  if (text.starts_with("parse error")) text.erase(0, text.find(": ") + 2);
  constexpr std::string_view quote = "; last read: '";
  const auto begin = text.find(quote);
  if (begin == text.npos) return text;
  const auto end = text.rfind('\'');
  const std::string rest = text.substr(end + 1);
  std::string read = text.substr(begin + quote.size(), end - begin - quote.size());
  if (read.size() > 40) read.erase(0, read.size() - 40);
  return text.substr(0, begin) + "; last read: " + pawl::quoted(read) + rest;
}

/// Returns the JSON pointer of a part of `value` that is nested too deep; none if there is none.
std::optional<std::string> too_deep(const json& value, std::uint32_t depth,
                                    std::uint32_t max_depth) {
  if (!value.is_structured()) return std::nullopt;
  if (depth == max_depth) return "";
  std::size_t index = 0;
  for (auto child = value.begin(); child != value.end(); ++child, ++index) {
    const auto place = too_deep(*child, depth + 1, max_depth);
    if (place)
      return child_pointer("", value.is_object() ? child.key() : std::to_string(index)) + *place;
  }
  return std::nullopt;
}

}  // namespace

result<json> parse_json(std::string_view text, std::string_view what, std::size_t max_bytes,
                        std::uint32_t max_depth) {
  if (text.size() > max_bytes) {
    return error{errc::limit_exceeded, std::string{what} + " has " + std::to_string(text.size()) +
                                           " bytes; the maximum is " + std::to_string(max_bytes)};
  }
  if (deeper_than(text, max_depth)) {
    return error{errc::limit_exceeded, std::string{what} + " is nested deeper than " +
                                           std::to_string(max_depth) + " levels"};
  }
  try {
    return json::parse(text);
  } catch (const json::parse_error& failure) {
    const std::size_t byte = failure.byte > 0 ? failure.byte - 1 : 0;
    const auto [line, column] = position_of(text, byte);
    return error{errc::invalid_argument,
                 std::string{what} + " is not valid JSON at line " + std::to_string(line) +
                     ", column " + std::to_string(column) + ": " + reason_of(failure.what())};
  } catch (const json::exception& failure) {  // a number beyond the range of a double
    return error{errc::invalid_argument,
                 std::string{what} + " is not valid JSON: " + reason_of(failure.what())};
  }
}

std::optional<diagnostic> check_document(const json& source, const limits& limits) {
  if (auto place = too_deep(source, 0, limits.max_depth)) {
    return diagnostic{severity::error, *std::move(place), "too_deep",
                      "the definition is nested deeper than " + std::to_string(limits.max_depth) +
                          " levels (flow.max_depth)"};
  }
  std::size_t bytes = 0;
  try {
    bytes = source.dump().size();
  } catch (const json::type_error&) {
    return diagnostic{severity::error, "", "not_utf8",
                      "the definition has a string that is not valid UTF-8"};
  }
  if (bytes <= limits.max_bytes) return std::nullopt;
  return diagnostic{severity::error, "", "too_large",
                    "the definition has " + std::to_string(bytes) + " bytes; the maximum is " +
                        std::to_string(limits.max_bytes) + " (flow.max_bytes)"};
}

}  // namespace pawl::flow
