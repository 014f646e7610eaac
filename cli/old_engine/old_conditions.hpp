#pragma once

#include <string>
#include <vector>

#include <pawl/json.hpp>

namespace pawl::cli {

/// The conditions of a definition in the stored form that can come out differently in Pawl: a
/// sentence for each node or edge, with the operators and the reasons. The rules of the previous
/// engine are in docs/migrate.md. Pure.
[[nodiscard]] std::vector<std::string> different_conditions(const json& definition);

}  // namespace pawl::cli
