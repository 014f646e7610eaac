#pragma once

#include <string_view>

#include <pawl/json.hpp>

namespace pawl::flow::schema {

inline constexpr std::string_view meta_schema_uri = "http://json-schema.org/draft-07/schema";

/// The schema of draft-7 schemas, the only document that a `$ref` may name by its URI.
[[nodiscard]] const json& meta_schema();

}  // namespace pawl::flow::schema
