#pragma once

#include <map>
#include <optional>
#include <vector>

#include "flow/machine/delta.hpp"
#include "flow/machine/state.hpp"
#include "persistence/byte_reader.hpp"
#include "persistence/byte_writer.hpp"

/// The parts that snapshots and deltas share. `base` is the time of the checkpoint, from which the
/// times in it are near. A `decode_…` records errors in the reader.
namespace pawl::persistence::codec {

void encode_events(byte_writer& to, const std::vector<flow::event>& events);
[[nodiscard]] std::vector<flow::event> decode_events(byte_reader& from);

/// The tokens of a state, with their writes, and of a delta, which holds the writes apart.
/// `version`: of the record.
void encode_tokens(byte_writer& to, const flow::token_list& tokens, time_point base);
void encode_tokens(byte_writer& to, const std::vector<flow::token>& tokens, time_point base);
[[nodiscard]] std::vector<flow::token> decode_tokens(byte_reader& from, time_point base,
                                                     std::uint8_t version);

void encode_compensations(byte_writer& to, const std::vector<flow::compensation>& steps);
[[nodiscard]] std::vector<flow::compensation> decode_compensations(byte_reader& from);
/// The branches that the steps belong to, if one of them belongs to a branch.
[[nodiscard]] bool have_branches(const std::vector<flow::compensation>& steps) noexcept;
void encode_branches(byte_writer& to, const std::vector<flow::compensation>& steps);
void decode_branches(byte_reader& from, std::vector<flow::compensation>& steps);

void encode_compensating(byte_writer& to, const flow::compensating& u);
[[nodiscard]] flow::compensating decode_compensating(byte_reader& from);

void encode_maps(byte_writer& to, const std::map<flow::token_id, flow::map_progress>& maps);
[[nodiscard]] std::map<flow::token_id, flow::map_progress> decode_maps(byte_reader& from);

void encode_map_changes(byte_writer& to, const std::map<flow::token_id, flow::map_change>& changes);
[[nodiscard]] std::map<flow::token_id, flow::map_change> decode_map_changes(byte_reader& from);

void encode_signal(byte_writer& to, const flow::signal& s);
[[nodiscard]] std::vector<flow::signal> decode_signals(byte_reader& from);

void encode_abandoned(byte_writer& to, const std::vector<flow::abandoned_child>& children);
[[nodiscard]] std::vector<flow::abandoned_child> decode_abandoned(byte_reader& from);

}  // namespace pawl::persistence::codec
