#pragma once

#include <string>

#include <pawl/json.hpp>

namespace pawl::flow {

/// The text of a member of an object; "" if the value has no such member, or one that is not a
/// text. Refers to the value.
[[nodiscard]] inline const std::string& text_member(const json& value, const char* key) {
  static const std::string none;
  const auto found = value.find(key);
  return found != value.end() && found->is_string() ? found->get_ref<const std::string&>() : none;
}
const std::string& text_member(json&& value, const char* key) = delete;

}  // namespace pawl::flow
