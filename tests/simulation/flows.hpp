#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "flow/definition/compiled.hpp"
#include "functions/registry.hpp"
#include "tests/simulation/world.hpp"

namespace pawl::simulation {

/// The scope of everything in the simulation.
inline const scope_name in{"default"};

using flow_map = std::map<flow_name, std::shared_ptr<const flow::compiled_flow>>;

/// The flows "flow", "child" and "grandchild", of which each may start the next as a subflow.
/// `simple`: of a few shapes whose runs end as expected; else of all node types.
[[nodiscard]] std::vector<json> random_flows(world& w, bool simple);

/// The functions that random flows call. Their results follow from the seed and their arguments.
/// `pure_calls`: if not null, the functions of steps are pure, and count their calls there by
/// idempotency key.
[[nodiscard]] std::shared_ptr<functions::registry> simulated_functions(
    std::uint64_t seed, bool simple, std::map<std::string, int>* pure_calls = nullptr);

}  // namespace pawl::simulation
