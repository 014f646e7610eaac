#pragma once

#include <cstdint>

namespace pawl::flow {

/// Whether a definition is new, or was accepted before, perhaps by a version with other rules.
enum class definition_origin : std::uint8_t {
  given,   ///< every problem is reported, and the definition refused
  stored,  ///< compiled all the same: its runs depend on it
};

}  // namespace pawl::flow
