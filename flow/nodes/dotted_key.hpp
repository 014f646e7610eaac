#pragma once

#include <string>

#include <pawl/code_ref.hpp>

#include "flow/nodes/node.hpp"

namespace pawl::flow {

/// Warns of a key of the data that has a dot: it is one key, and no path that `var` reads.
inline void warn_of_dots(const data_reader& data, std::string pointer, const std::string& key) {
  const auto dot = key.find('.');
  if (dot == std::string::npos) return;
  const std::string outer = key.substr(0, dot), inner = key.substr(dot + 1);
  const auto is_name = [](const std::string& part) {
    return !part.empty() && part.find('.') == std::string::npos;
  };
  data.warn(std::move(pointer), "dotted_key",
            "this writes the one key " + pawl::quoted(key) + ", which " +
                json{{"var", key}}.dump() + " does not read; " +
                (is_name(outer) && is_name(inner)
                     ? "to set a member, write " + pawl::quoted(outer) + ": {\"put\": [" +
                           json{{"var", outer}}.dump() + ", [" + pawl::quoted(inner) + "], …]}"
                     : "{\"put\": …} sets a member") +
                ", and to read this key " + json{{"val", json::array({key})}}.dump());
}

}  // namespace pawl::flow
