#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <pawl/json.hpp>

#include "flow/definition/value_keys.hpp"
#include "flow/values/pointer.hpp"

namespace pawl::flow {

template <class Use>
void for_each_computed_in(const json& settings, const std::string& at, const Use& use);

/// Calls `use(key, value, pointer)` for a setting that may be computed: for itself, or for each in
/// it if it has settings. Recursive; the depth of a definition is limited.
template <class Use>
void for_each_computed(std::string_view key, const json& value, const std::string& at,
                       const Use& use) {
  if (is_literal_setting(key)) return;
  if (has_settings(key)) return for_each_computed_in(value, at, use);
  use(key, value, at);
}

/// The same for all settings of an object, or of an array of such.
template <class Use>
void for_each_computed_in(const json& settings, const std::string& at, const Use& use) {
  if (settings.is_array()) {
    for (std::size_t i = 0; i < settings.size(); ++i)
      for_each_computed_in(settings[i], at + "/" + std::to_string(i), use);
  } else if (settings.is_object()) {
    for (const auto& [key, value] : settings.items())
      for_each_computed(key, value, child_pointer(at, key), use);
  }
}

}  // namespace pawl::flow
