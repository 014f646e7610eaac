#pragma once

#include <string_view>

#include "persistence/store.hpp"

namespace pawl::persistence {

/// What a key says about its record.
struct key_description {
  std::string_view kind = "unknown";  ///< "timers", "runs by status"; of all keys of one form
  std::string_view scope = {};        ///< empty: the key has none
  std::string_view flow = {};         ///< likewise
};

/// Describes a key as keys.hpp encodes it. Any other bytes are "unknown". The scope and the flow
/// are valid as long as the bytes of the key.
[[nodiscard]] key_description describe_key(column where, std::string_view key) noexcept;

}  // namespace pawl::persistence
