#pragma once

#include <memory>

#include <pawl/ids.hpp>

namespace pawl {

class engine_core;

namespace detail {

/// One scope of one engine: what every handle of the public API holds.
struct scope_ref {
  std::shared_ptr<engine_core> core;
  scope_name name;

  [[nodiscard]] run_key key(const run_id& id) const { return {name, id}; }
};

}  // namespace detail
}  // namespace pawl
