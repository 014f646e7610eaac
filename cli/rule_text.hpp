#pragma once

#include <string>

#include <pawl/json.hpp>

namespace pawl::cli {

/// A JSONLogic rule as people write it: `amount > 1000`. Not for machines: texts have no quotes.
/// The console has the same words (web/src/model/definition.ts); tests/support/drawing_cases.json
/// has cases for both. Not yet printable.
[[nodiscard]] std::string rule_text(const json& rule);

}  // namespace pawl::cli
