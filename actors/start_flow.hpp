#pragma once

#include <optional>

#include "actors/engine_context.hpp"
#include "actors/flow_heads.hpp"

namespace pawl::actors {

/// Which flow a start wants.
struct wanted_flow {
  scope_name scope;
  flow_name flow;
  wanted_version version;
};

/// The compiled flow of a start, if everything about it is in memory; else none. Does not read the
/// store. Errors: as `read_flow_to_start`.
[[nodiscard]] std::optional<result<flow_cache::flow_ptr>> find_flow_to_start(
    engine_context& context, const wanted_flow& wanted);

/// The same from the store. `taken`: of `context.heads`, before the view. Errors: `not_found` of
/// the flow, its version, its published version, or one in the range; else as `flow_cache::get`.
[[nodiscard]] result<flow_cache::flow_ptr> read_flow_to_start(engine_context& context,
                                                              const persistence::view& now,
                                                              const wanted_flow& wanted,
                                                              flow_heads::ticket taken);

}  // namespace pawl::actors
