#pragma once

#include <cstddef>
#include <string>

#include <pawl/json.hpp>

/// The flows of the workloads.
namespace pawl::bench {

/// `steps` tasks in sequence, each of which calls `function`.
[[nodiscard]] json linear_flow(const std::string& name, std::size_t steps,
                               const std::string& function, const json& args = json::object());
/// Waits for the signal "go" and ends.
[[nodiscard]] json waiting_flow(const std::string& name);

}  // namespace pawl::bench
