#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace pawl::cli {

/// The text of a flow, or of any value, as people write it: keys in the order of `value`, and on
/// one line what fits there. Ends with a line break.
[[nodiscard]] std::string json_text(const nlohmann::ordered_json& value);

/// The same as YAML. `server::parse_yaml` of it returns an equal value; so do readers of YAML 1.1,
/// because texts that they would read as something else are in quotes.
[[nodiscard]] std::string yaml_text(const nlohmann::ordered_json& value);

}  // namespace pawl::cli
