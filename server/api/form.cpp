#include "server/api/form.hpp"

#include <algorithm>
#include <utility>

#include "server/api/percent.hpp"
#include "server/http/ascii.hpp"

namespace pawl::server {
namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::size_t max_boundary = 70;         // RFC 2046, 5.1.1
constexpr std::size_t max_part_head = 8u << 10;  ///< header fields of a part
constexpr std::size_t max_field_name = 1u << 10;

error bad_form(std::string why) {
  return {errc::invalid_argument, "the form is malformed: " + std::move(why)};
}

error too_many_fields(std::size_t most) {
  return {errc::limit_exceeded, "the form has more than " + std::to_string(most) + " fields"};
}

/// Removes the text before `mark` from the front, with the mark, and returns it; all if there is no
/// mark.
std::string_view take_until(std::string_view& text, std::string_view mark) {
  const auto end = text.find(mark);
  const auto part = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + mark.size());
  return part;
}

/// Removes a quoted text or a token from the front and returns it without quotes and backslashes.
std::string take_parameter_value(std::string_view& text) {
  if (!text.starts_with('"')) {
    const auto end = std::min(text.find(';'), text.size());
    std::string value{http::trimmed(text.substr(0, end))};
    text.remove_prefix(end);
    return value;
  }
  std::string value;
  std::size_t at = 1;
  for (; at < text.size() && text[at] != '"'; ++at) {
    const bool escapes =
        text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\');
    if (escapes) ++at;
    value += text[at];
  }
  text.remove_prefix(std::min(at + 1, text.size()));
  return value;
}

/// The parameter of a header field's value; none if it has no such parameter.
std::optional<std::string> parameter_of(std::string_view value, std::string_view wanted) {
  take_until(value, ";");
  while (!value.empty()) {
    const auto equals = value.find('=');
    if (equals == value.npos) return std::nullopt;
    const auto name = http::trimmed(value.substr(0, equals));
    value.remove_prefix(equals + 1);
    std::string found = take_parameter_value(value);
    if (http::ascii_iequals(name, wanted)) return found;
    take_until(value, ";");
  }
  return std::nullopt;
}

bool is_media_type(std::string_view content_type, std::string_view wanted) {
  return http::ascii_iequals(http::trimmed(content_type.substr(0, content_type.find(';'))), wanted);
}

/// Browsers send a quote and a line break in a name as these (HTML standard, 4.10.21.8).
std::string plain_name(std::string name) {
  for (const auto& [code, sign] :
       {std::pair<std::string_view, char>{"%22", '"'}, {"%0D", '\r'}, {"%0A", '\n'}}) {
    for (auto at = name.find(code); at != name.npos; at = name.find(code, at + 1))
      name.replace(at, code.size(), 1, sign);
  }
  return name;
}

/// Reads the header fields of a part.
result<form_field> read_part_head(std::string_view head) {
  form_field field;
  bool is_named = false;
  while (!head.empty()) {
    const auto line = take_until(head, line_end);
    const auto colon = line.find(':');
    if (colon == line.npos) return bad_form("a header of a part has no colon");
    const auto name = http::trimmed(line.substr(0, colon));
    const auto value = http::trimmed(line.substr(colon + 1));
    if (http::ascii_iequals(name, "Content-Type")) field.content_type = value;
    if (!http::ascii_iequals(name, "Content-Disposition")) continue;
    if (!is_media_type(value, "form-data")) return bad_form("a part is not form-data");
    auto named = parameter_of(value, "name");
    if (!named) return bad_form("a part has no name");
    is_named = true;
    field.name = plain_name(*std::move(named));
    if (auto file = parameter_of(value, "filename")) field.filename = plain_name(*std::move(file));
  }
  if (!is_named) return bad_form("a part has no Content-Disposition");
  if (field.name.size() > max_field_name)
    return bad_form("a name has more than " + std::to_string(max_field_name) + " bytes");
  return field;
}

result<std::vector<form_field>> read_multipart(std::string_view boundary, std::string_view body,
                                               std::size_t most) {
  const std::string first = "--" + std::string{boundary};
  const std::string delimiter = std::string{line_end} + first;
  std::vector<form_field> fields;
  if (body.starts_with(first)) {
    body.remove_prefix(first.size());
  } else {
    const auto begin = body.find(delimiter);
    if (begin == body.npos) return bad_form("its boundary does not occur in it");
    body.remove_prefix(begin + delimiter.size());
  }
  while (!body.starts_with("--")) {
    if (!http::trimmed(take_until(body, line_end)).empty())
      return bad_form("text follows a boundary");
    const bool has_head = !body.starts_with(line_end);
    const auto head_end = has_head ? body.find("\r\n\r\n") : 0;
    if (head_end == body.npos || head_end > max_part_head)
      return bad_form("the headers of a part do not end");
    auto field = read_part_head(body.substr(0, head_end));
    if (!field) return std::move(field).error();
    body.remove_prefix(head_end + (has_head ? 4 : 2));
    const auto end = body.find(delimiter);
    if (end == body.npos) return bad_form("it ends within a part");
    field->content = body.substr(0, end);
    body.remove_prefix(end + delimiter.size());
    if (fields.size() == most) return too_many_fields(most);
    fields.push_back(*std::move(field));
  }
  return fields;
}

result<std::vector<form_field>> read_urlencoded(std::string_view body, std::size_t most) {
  std::vector<form_field> fields;
  while (!body.empty()) {
    auto value = take_until(body, "&");
    if (value.empty()) continue;
    const auto name = take_until(value, "=");
    auto plain = query_decoded(name);
    auto content = query_decoded(value);
    if (!plain || !content) return bad_form("it has invalid percent-encoding");
    if (fields.size() == most) return too_many_fields(most);
    fields.push_back({*std::move(plain), std::nullopt, {}, *std::move(content)});
  }
  return fields;
}

}  // namespace

result<std::vector<form_field>> read_form(std::string_view content_type, std::string_view body,
                                          std::size_t most) {
  if (is_media_type(content_type, "application/x-www-form-urlencoded"))
    return read_urlencoded(body, most);
  if (!is_media_type(content_type, "multipart/form-data")) {
    return error{errc::invalid_argument,
                 "the body must be a form: send Content-Type: multipart/form-data or "
                 "application/x-www-form-urlencoded"};
  }
  const auto boundary = parameter_of(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > max_boundary)
    return bad_form("its Content-Type has no boundary of 1 to 70 characters");
  return read_multipart(*boundary, body, most);
}

}  // namespace pawl::server
