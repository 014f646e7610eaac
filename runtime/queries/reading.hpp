#pragma once

#include <memory>

#include <pawl/result.hpp>

#include "persistence/store.hpp"

namespace pawl {

class engine_core;
namespace actors {
struct engine_context;
}

/// The open engine and its durable state at one time, held for one read.
struct reading {
  std::shared_ptr<actors::engine_context> context;
  std::shared_ptr<const persistence::view> now;
};
/// Errors: `unavailable` if the engine is not open.
[[nodiscard]] result<reading> begin_reading(const engine_core& core);

}  // namespace pawl
