#pragma once

#include <string>

#include <pawl/json.hpp>

/// Members of JSON objects that another program may have sent: what is missing reads as nothing.
namespace pawl::cli {

/// The member `key` of an object, or null.
[[nodiscard]] inline const json& member(const json& object, const char* key) {
  static const json none;
  const auto found = object.find(key);
  return found == object.end() ? none : *found;
}

/// A text, or "".
[[nodiscard]] inline std::string text_in(const json& object, const char* key) {
  const json& text = member(object, key);
  return text.is_string() ? text.get<std::string>() : "";
}

[[nodiscard]] inline bool flag_in(const json& object, const char* key) {
  return member(object, key) == true;
}

}  // namespace pawl::cli
