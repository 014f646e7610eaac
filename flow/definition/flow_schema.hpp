#pragma once

#include <string_view>

namespace pawl::flow {

/// The JSON Schema (draft 7) of flow definitions, for editors: docs/flow.schema.json. A definition
/// that it refuses is invalid; `compile` checks more.
[[nodiscard]] std::string_view flow_schema() noexcept;

}  // namespace pawl::flow
