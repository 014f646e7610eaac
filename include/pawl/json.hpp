#pragma once

#include <nlohmann/json.hpp>

namespace pawl {

/// The JSON value of the whole project. Object keys are kept sorted, so equal values have equal
/// texts. Integers are 64-bit, other numbers IEEE doubles.
using json = nlohmann::json;

}  // namespace pawl
