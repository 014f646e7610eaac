#include <utility>

#include "persistence/codec.hpp"
#include "persistence/codec/attributes.hpp"
#include "persistence/codec/fields.hpp"
#include "persistence/codec/parts.hpp"
#include "persistence/codec/payload.hpp"
#include "persistence/record.hpp"

namespace pawl::persistence {

using namespace codec;

namespace {

constexpr std::uint8_t delta_version = 2;

/// The parts of a delta, in the order of their encoding. Bits are stored. The first seven make a
/// mask of one byte: an ordinary step has no others.
struct delta_has {
  enum part : std::uint32_t {
    events = 1u << 0,
    tokens_set = 1u << 1,
    visits = 1u << 2,
    data_set = 1u << 3,
    next_token = 1u << 4,
    tokens_removed = 1u << 5,
    status = 1u << 6,
    writes_set = 1u << 7,
    error = 1u << 8,
    started_at = 1u << 9,
    finished_at = 1u << 10,
    frozen_at = 1u << 11,
    compensating = 1u << 12,
    signals_added = 1u << 13,
    signals_claimed = 1u << 14,
    compensations_added = 1u << 15,
    compensations_dropped = 1u << 16,
    maps_set = 1u << 17,
    maps_removed = 1u << 18,
    metadata_set = 1u << 19,
    children_abandoned = 1u << 20,
    parent_attempt = 1u << 21,
    output = 1u << 22,
    all_v1 = (1u << 23) - 1,
    attributes = 1u << 23,
    branches_of_compensations = 1u << 24,
    vars = 1u << 25,
    all = (1u << 26) - 1,
  };
};

std::uint32_t parts_of(const flow::delta& d) noexcept {
  return when(!d.events.empty(), delta_has::events) |
         when(!d.tokens_set.empty(), delta_has::tokens_set) |
         when(!d.visits.empty(), delta_has::visits) |
         when(!d.data_set.empty(), delta_has::data_set) |
         when(d.next_token != 0, delta_has::next_token) |
         when(!d.tokens_removed.empty(), delta_has::tokens_removed) |
         when(d.status.has_value(), delta_has::status) |
         when(!d.writes_set.empty(), delta_has::writes_set) |
         when(d.error.has_value(), delta_has::error) |
         when(d.started_at.has_value(), delta_has::started_at) |
         when(d.finished_at.has_value(), delta_has::finished_at) |
         when(d.frozen_at.has_value(), delta_has::frozen_at) |
         when(d.compensating.has_value(), delta_has::compensating) |
         when(!d.signals_added.empty(), delta_has::signals_added) |
         when(!d.signals_claimed.empty(), delta_has::signals_claimed) |
         when(!d.compensations_added.empty(), delta_has::compensations_added) |
         when(d.compensations_dropped > 0, delta_has::compensations_dropped) |
         when(!d.maps_set.empty(), delta_has::maps_set) |
         when(!d.maps_removed.empty(), delta_has::maps_removed) |
         when(!d.metadata_set.empty(), delta_has::metadata_set) |
         when(!d.children_abandoned.empty(), delta_has::children_abandoned) |
         when(d.parent_attempt.has_value(), delta_has::parent_attempt) |
         when(d.output.has_value(), delta_has::output) |
         when(d.attributes.has_value(), delta_has::attributes) |
         when(have_branches(d.compensations_added), delta_has::branches_of_compensations) |
         when(d.vars.has_value(), delta_has::vars);
}

void encode_visits(byte_writer& to, const flow::delta& d) {
  encode_list(to, d.visits, [](byte_writer& out, const auto& visits) {
    out.varint(visits.first);
    out.varint(visits.second);
  });
}

void encode_writes(byte_writer& to, const flow::delta& d) {
  encode_list(to, d.writes_set, [](byte_writer& out, const auto& entry) {
    out.varint(entry.first);
    encode_payload(out, entry.second);
  });
}

/// `version`: of the record.
flow::delta read_delta(byte_reader& from, std::uint8_t version) {
  flow::delta d;
  d.sequence = from.varint();
  d.at = from.time();
  const std::uint32_t parts = from.bits(version == 1 ? delta_has::all_v1 : delta_has::all);
  const auto has = [parts](delta_has::part part) { return (parts & part) != 0; };
  const auto time = [&d](byte_reader& in) { return in.time(d.at); };
  if (has(delta_has::events)) d.events = decode_events(from);
  if (has(delta_has::tokens_set)) d.tokens_set = decode_tokens(from, d.at, version);
  if (has(delta_has::visits)) {
    using visits = std::pair<flow::node_index, std::uint32_t>;
    d.visits = decode_list<visits>(from, 2, [](byte_reader& in) {
      const flow::node_index node = in.varint32();
      return visits{node, in.varint32()};
    });
  }
  if (has(delta_has::data_set)) d.data_set = decode_object(from);
  if (has(delta_has::next_token)) d.next_token = from.varint32();
  if (has(delta_has::tokens_removed)) d.tokens_removed = decode_numbers(from);
  if (has(delta_has::status)) d.status = decode_status(from);
  if (has(delta_has::writes_set)) {
    for (std::size_t items = from.count(4); items > 0 && from.ok(); --items) {
      const flow::token_id id = from.varint32();
      d.writes_set[id] = decode_object(from);
    }
  }
  if (has(delta_has::error)) d.error.emplace(decode_optional(from, decode_error));
  if (has(delta_has::started_at)) d.started_at = time(from);
  if (has(delta_has::finished_at)) d.finished_at.emplace(decode_optional(from, time));
  if (has(delta_has::frozen_at)) d.frozen_at.emplace(decode_optional(from, time));
  if (has(delta_has::compensating))
    d.compensating.emplace(decode_optional(from, decode_compensating));
  if (has(delta_has::signals_added)) d.signals_added = decode_signals(from);
  if (has(delta_has::signals_claimed)) {
    d.signals_claimed =
        decode_list<std::uint64_t>(from, 1, [](byte_reader& in) { return in.varint(); });
  }
  if (has(delta_has::compensations_added)) d.compensations_added = decode_compensations(from);
  if (has(delta_has::compensations_dropped)) d.compensations_dropped = from.varint32();
  if (has(delta_has::maps_set)) d.maps_set = decode_map_changes(from);
  if (has(delta_has::maps_removed)) d.maps_removed = decode_numbers(from);
  if (has(delta_has::metadata_set)) d.metadata_set = decode_object(from);
  if (has(delta_has::children_abandoned)) d.children_abandoned = decode_abandoned(from);
  if (has(delta_has::parent_attempt)) d.parent_attempt = from.varint32();
  if (has(delta_has::output)) d.output = decode_payload(from);
  if (has(delta_has::attributes)) d.attributes = flow::shared_attributes{decode_attributes(from)};
  if (has(delta_has::branches_of_compensations)) decode_branches(from, d.compensations_added);
  if (has(delta_has::vars)) d.vars = decode_object(from);
  return d;
}

flow::delta decode_delta_v1(byte_reader& from) {
  return read_delta(from, 1);
}

/// Version 2 adds attributes, variables, and what sections and joins that compensate need.
flow::delta decode_delta_v2(byte_reader& from) {
  return read_delta(from, 2);
}

}  // namespace

void encode_delta(const flow::delta& d, std::string& to) {
  record_writer out{to, record_kind::checkpoint, delta_version};
  const std::uint32_t parts = parts_of(d);
  const auto has = [parts](delta_has::part part) { return (parts & part) != 0; };
  const auto time = [&d](byte_writer& each, time_point t) { each.time(t, d.at); };
  out.varint(d.sequence);
  out.time(d.at);
  out.varint(parts);
  if (has(delta_has::events)) encode_events(out, d.events);
  if (has(delta_has::tokens_set)) encode_tokens(out, d.tokens_set, d.at);
  if (has(delta_has::visits)) encode_visits(out, d);
  if (has(delta_has::data_set)) encode_payload(out, d.data_set);
  if (has(delta_has::next_token)) out.varint(d.next_token);
  if (has(delta_has::tokens_removed)) encode_numbers(out, d.tokens_removed);
  if (has(delta_has::status)) out.enumerator(*d.status);
  if (has(delta_has::writes_set)) encode_writes(out, d);
  if (has(delta_has::error)) encode_optional(out, *d.error, encode_error);
  if (has(delta_has::started_at)) time(out, *d.started_at);
  if (has(delta_has::finished_at)) encode_optional(out, *d.finished_at, time);
  if (has(delta_has::frozen_at)) encode_optional(out, *d.frozen_at, time);
  if (has(delta_has::compensating)) encode_optional(out, *d.compensating, encode_compensating);
  if (has(delta_has::signals_added)) encode_list(out, d.signals_added, encode_signal);
  if (has(delta_has::signals_claimed)) {
    encode_list(out, d.signals_claimed,
                [](byte_writer& each, std::uint64_t number) { each.varint(number); });
  }
  if (has(delta_has::compensations_added)) encode_compensations(out, d.compensations_added);
  if (has(delta_has::compensations_dropped)) out.varint(d.compensations_dropped);
  if (has(delta_has::maps_set)) encode_map_changes(out, d.maps_set);
  if (has(delta_has::maps_removed)) encode_numbers(out, d.maps_removed);
  if (has(delta_has::metadata_set)) encode_payload(out, d.metadata_set);
  if (has(delta_has::children_abandoned)) encode_abandoned(out, d.children_abandoned);
  if (has(delta_has::parent_attempt)) out.varint(*d.parent_attempt);
  if (has(delta_has::output)) encode_payload(out, *d.output);
  if (has(delta_has::attributes)) encode_attributes(out, **d.attributes);
  if (has(delta_has::branches_of_compensations)) encode_branches(out, d.compensations_added);
  if (has(delta_has::vars)) encode_payload(out, *d.vars);
  out.finish();
}

result<flow::delta> decode_delta(std::string_view bytes) {
  return decode_record<flow::delta>(record_kind::checkpoint, bytes,
                                    {decode_delta_v1, decode_delta_v2});
}

}  // namespace pawl::persistence
