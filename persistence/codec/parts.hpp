#pragma once

#include <map>
#include <optional>
#include <vector>

#include <pawl/json.hpp>

#include "flow/machine/delta.hpp"
#include "flow/machine/state.hpp"

/// The parts that snapshots and deltas share. A `decode_…` throws `json::exception` for a value of
/// another shape.
namespace pawl::persistence::codec {

[[nodiscard]] json encode_events(const std::vector<flow::event>& events);
[[nodiscard]] std::vector<flow::event> decode_events(const json& list);

[[nodiscard]] json encode_task(const flow::remote_task& t);
[[nodiscard]] flow::remote_task decode_task(const json& j);

/// A delta holds the writes of its tokens apart, so it encodes them without.
[[nodiscard]] json encode_tokens(const std::vector<flow::token>& tokens, bool with_writes);
[[nodiscard]] std::vector<flow::token> decode_tokens(const json& list);

[[nodiscard]] json encode_compensations(const std::vector<flow::compensation>& steps);
[[nodiscard]] std::vector<flow::compensation> decode_compensations(const json& list);

[[nodiscard]] json encode_compensating(const std::optional<flow::compensating>& u);
[[nodiscard]] std::optional<flow::compensating> decode_compensating(const json& j);

[[nodiscard]] json encode_maps(const std::map<flow::token_id, flow::map_progress>& maps);
[[nodiscard]] std::map<flow::token_id, flow::map_progress> decode_maps(const json& list);

[[nodiscard]] json encode_map_changes(const std::map<flow::token_id, flow::map_change>& changes);
[[nodiscard]] std::map<flow::token_id, flow::map_change> decode_map_changes(const json& list);

[[nodiscard]] json encode_signals(const std::vector<flow::signal>& signals);
[[nodiscard]] std::vector<flow::signal> decode_signals(const json& list);

}  // namespace pawl::persistence::codec
