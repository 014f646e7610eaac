#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "flow/definition/known_keys.hpp"
#include "flow/nodes/node.hpp"

namespace pawl::flow {

/// The keys of a node in the short form that lead to other nodes, in reading order.
inline constexpr std::array<std::string_view, 8> link_keys = {
    "then", "else", "next", "on", "on_error", "on_timeout", "each", "body"};

/// Whether a key of a node of a type leads to other nodes. `type`: null if it is unknown. Of most
/// types, `body` is a setting.
[[nodiscard]] inline bool is_link_key(std::string_view key, const node_type* type) noexcept {
  if (key == "body") return type != nullptr && type->has_body;
  return std::find(link_keys.begin(), link_keys.end(), key) != link_keys.end();
}

/// Whether a key that stands on a node in the short form is a setting: one of those that the long
/// form has in `data`. No node type may have a setting with another name.
[[nodiscard]] inline bool is_setting_key(std::string_view key, const node_type* type) noexcept {
  if (key == "label" || key == "description") return true;
  return key != "id" && key != "type" && key != "data" && !is_link_key(key, type) &&
         !is_annotation(key);
}

}  // namespace pawl::flow
