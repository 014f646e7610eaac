#include "server/api/media_type.hpp"

#include <algorithm>
#include <string>

namespace pawl::server {
namespace {

/// Removes the part before `mark` from `text` and returns it without blanks, in lower case.
std::string next_part(std::string_view& text, char mark) {
  const auto end = text.find(mark);
  std::string part;
  for (const char c : text.substr(0, end))
    if (c != ' ' && c != '\t') part += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return part;
}

bool is_zero(std::string_view quality) {
  return std::all_of(quality.begin(), quality.end(), [](char c) { return c == '0' || c == '.'; });
}

/// Whether a Content-Type is `type` in UTF-8.
bool is_type(std::string_view content_type, std::string_view type) {
  if (next_part(content_type, ';') != type) return false;
  while (!content_type.empty()) {
    const std::string parameter = next_part(content_type, ';');
    if (parameter.starts_with("charset=") && parameter != "charset=utf-8" &&
        parameter != "charset=\"utf-8\"")
      return false;
  }
  return true;
}

}  // namespace

bool is_json(std::string_view content_type) {
  return is_type(content_type, "application/json");
}

bool is_yaml(std::string_view content_type) {
  return is_type(content_type, "application/yaml");
}

bool is_script(std::string_view content_type) {
  const std::string name = next_part(content_type, ';');
  for (const char* const end : {"javascript", "ecmascript", "jscript", "livescript"})
    if (name.ends_with(end)) return true;
  return name.starts_with("text/javascript1.");
}

bool accepts(std::string_view accept, std::string_view type) {
  const std::string wanted = next_part(type, ';');
  const std::string range = wanted.substr(0, wanted.find('/')) + "/*";
  int precision = 0;  // of the best match: 1 "*/*", 2 range, 3 type
  bool accepted = accept.empty();
  while (!accept.empty()) {
    const auto end = accept.find(',');
    std::string_view entry = accept.substr(0, end);
    accept.remove_prefix(end == accept.npos ? accept.size() : end + 1);
    const std::string name = next_part(entry, ';');
    const bool exact =
        name == wanted || (wanted == "application/json" && name == "application/problem+json");
    const int found = exact ? 3 : name == range ? 2 : name == "*/*" ? 1 : 0;
    if (found <= precision) continue;
    precision = found;
    accepted = true;
    while (!entry.empty()) {
      const std::string parameter = next_part(entry, ';');
      if (parameter.starts_with("q=")) accepted = !is_zero(std::string_view{parameter}.substr(2));
    }
  }
  return accepted;
}

}  // namespace pawl::server
