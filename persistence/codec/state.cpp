#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "persistence/codec.hpp"
#include "persistence/codec/attributes.hpp"
#include "persistence/codec/fields.hpp"
#include "persistence/codec/parts.hpp"
#include "persistence/codec/payload.hpp"
#include "persistence/record.hpp"

namespace pawl::persistence {

using namespace codec;

namespace {

constexpr std::uint8_t state_version = 2;
constexpr std::uint8_t run_version = 2;

/// The optional parts of a summary, in the order of their encoding. Bits are stored.
struct summary_has {
  enum part : std::uint32_t {
    started_at = 1u << 0,
    finished_at = 1u << 1,
    error = 1u << 2,
    restarted_from = 1u << 3,
    parent = 1u << 4,
    parent_attempt = 1u << 5,
    waits = 1u << 6,  ///< of a list entry only
    all_v1 = (1u << 7) - 1,
    attributes = 1u << 7,
    all = (1u << 8) - 1,
  };
};

void encode_wait(byte_writer& to, const run_wait& wait) {
  to.text(wait.kind);
  to.text(wait.name);
  to.text(wait.node);
}

run_wait decode_wait(byte_reader& from) {
  run_wait wait;
  wait.kind = from.text();
  wait.name = from.text();
  wait.node = from.text();
  return wait;
}

const run_attributes& attributes_of(const flow::run_state& run) {
  return *run.attributes;
}
const run_attributes& attributes_of(const run_summary& run) {
  return run.attributes;
}

/// `run` is a run_state or a run_summary.
template <class Run>
void encode_summary(byte_writer& to, const Run& run, std::uint64_t start_fingerprint,
                    std::uint32_t parent_attempt, std::span<const run_wait> waits) {
  encode_id(to, run.key.scope);
  encode_id(to, run.key.id);
  encode_id(to, run.flow.name);
  encode_version(to, run.flow.version);
  to.enumerator(run.status);
  to.time(run.created_at);
  to.fixed64(start_fingerprint);
  to.varint(when(run.started_at.has_value(), summary_has::started_at) |
            when(run.finished_at.has_value(), summary_has::finished_at) |
            when(run.error.has_value(), summary_has::error) |
            when(run.restarted_from.has_value(), summary_has::restarted_from) |
            when(run.parent.has_value(), summary_has::parent) |
            when(parent_attempt > 0, summary_has::parent_attempt) |
            when(!waits.empty(), summary_has::waits) |
            when(!attributes_of(run).empty(), summary_has::attributes));
  if (run.started_at) to.time(*run.started_at, run.created_at);
  if (run.finished_at) to.time(*run.finished_at, run.created_at);
  if (run.error) encode_error(to, *run.error);
  if (run.restarted_from) encode_id(to, *run.restarted_from);
  if (run.parent) encode_id(to, *run.parent);
  if (parent_attempt > 0) to.varint(parent_attempt);
  if (!waits.empty()) encode_list(to, waits, encode_wait);
  if (!attributes_of(run).empty()) encode_attributes(to, attributes_of(run));
}

/// `known`: the parts that a summary can have in this version of its record.
template <class Run>
void decode_summary(byte_reader& from, std::uint32_t known, Run& run,
                    std::uint64_t& start_fingerprint, std::uint32_t& parent_attempt,
                    std::vector<run_wait>& waits) {
  run.key.scope = decode_id<scope_name>(from);
  run.key.id = decode_id<run_id>(from);
  run.flow.name = decode_id<flow_name>(from);
  run.flow.version = decode_version(from);
  run.status = decode_status(from);
  run.created_at = from.time();
  start_fingerprint = from.fixed64();
  const std::uint32_t parts = from.bits(known);
  const auto has = [parts](summary_has::part part) { return (parts & part) != 0; };
  if (has(summary_has::started_at)) run.started_at = from.time(run.created_at);
  if (has(summary_has::finished_at)) run.finished_at = from.time(run.created_at);
  if (has(summary_has::error)) run.error = decode_error(from);
  if (has(summary_has::restarted_from)) run.restarted_from = decode_id<run_id>(from);
  if (has(summary_has::parent)) run.parent = decode_id<run_id>(from);
  if (has(summary_has::parent_attempt)) parent_attempt = from.varint32();
  if (has(summary_has::waits)) waits = decode_list<run_wait>(from, 3, decode_wait);
  if (has(summary_has::attributes))
    run.attributes = decltype(run.attributes){decode_attributes(from)};
}

/// The optional parts of a state, in the order of their encoding. Bits are stored.
struct state_has {
  enum part : std::uint32_t {
    frozen_at = 1u << 0,
    compensating = 1u << 1,
    compensations = 1u << 2,
    maps = 1u << 3,
    signals = 1u << 4,
    depth = 1u << 5,
    trace = 1u << 6,
    output = 1u << 7,
    all_v1 = (1u << 8) - 1,
    branches_of_compensations = 1u << 8,
    vars = 1u << 9,
    all = (1u << 10) - 1,
  };
};

/// The items, or none of them and an error in the reader if their numbers do not ascend.
template <class T, class Number>
std::vector<T> ascending(std::vector<T> items, Number T::*number, byte_reader& from) {
  const auto is_wrong = [number](const T& a, const T& b) { return a.*number >= b.*number; };
  if (std::adjacent_find(items.begin(), items.end(), is_wrong) == items.end()) return items;
  from.fail("has a list whose numbers do not ascend");
  return {};
}

/// `version`: of the record.
flow::run_state read_state(byte_reader& from, std::uint8_t version) {
  flow::run_state run;
  std::vector<run_wait> waits;
  decode_summary(from, version == 1 ? summary_has::all_v1 : summary_has::all, run,
                 run.start_fingerprint, run.parent_attempt, waits);
  if (!waits.empty()) from.fail("has waits, which only a list entry has");
  run.sequence = from.varint();
  run.updated_at = from.time(run.created_at);
  run.next_token = from.varint32();
  run.data_bytes = from.varint();
  run.data = flow::shared_json{decode_object(from)};
  run.metadata = decode_object(from);
  run.tokens = ascending(decode_tokens(from, run.updated_at, version), &flow::token::id, from);
  run.visits = decode_numbers(from);
  const std::uint32_t parts = from.bits(version == 1 ? state_has::all_v1 : state_has::all);
  const auto has = [parts](state_has::part part) { return (parts & part) != 0; };
  if (has(state_has::frozen_at)) run.frozen_at = from.time(run.updated_at);
  if (has(state_has::compensating)) run.compensating = decode_compensating(from);
  if (has(state_has::compensations)) run.compensations = decode_compensations(from);
  if (has(state_has::maps)) run.maps = decode_maps(from);
  if (has(state_has::signals)) {
    run.next_signal = from.varint();
    run.signal_ids =
        decode_list<std::string>(from, 1, [](byte_reader& in) { return std::string{in.text()}; });
    run.inbox = ascending(decode_signals(from), &flow::signal::number, from);
  }
  if (has(state_has::depth)) run.depth = from.varint32();
  if (has(state_has::trace)) run.trace = decode_trace(from);
  if (has(state_has::output)) run.output = decode_payload(from);
  if (has(state_has::branches_of_compensations)) decode_branches(from, run.compensations);
  if (has(state_has::vars)) run.vars = decode_object(from);
  measure(run);
  return run;
}

flow::run_state decode_state_v1(byte_reader& from) {
  return read_state(from, 1);
}

/// Version 2 adds attributes to the summary, variables, and what sections and joins that
/// compensate need.
flow::run_state decode_state_v2(byte_reader& from) {
  return read_state(from, 2);
}

run_record read_run(byte_reader& from, std::uint32_t summary_parts) {
  run_record record;
  decode_summary(from, summary_parts, record.summary, record.start_fingerprint,
                 record.parent_attempt, record.summary.waits);
  return record;
}

run_record decode_run_v1(byte_reader& from) {
  return read_run(from, summary_has::all_v1);
}

/// Version 2 adds attributes.
run_record decode_run_v2(byte_reader& from) {
  return read_run(from, summary_has::all);
}

}  // namespace

void encode_state(const flow::run_state& run, std::string& to) {
  record_writer out{to, record_kind::run_state, state_version};
  encode_summary(out, run, run.start_fingerprint, run.parent_attempt, {});
  out.varint(run.sequence);
  out.time(run.updated_at, run.created_at);
  out.varint(run.next_token);
  out.varint(run.data_bytes);
  encode_payload(out, *run.data);
  encode_payload(out, run.metadata);
  encode_tokens(out, run.tokens, run.updated_at);
  encode_numbers(out, run.visits);
  const std::uint32_t parts =
      when(run.frozen_at.has_value(), state_has::frozen_at) |
      when(run.compensating.has_value(), state_has::compensating) |
      when(!run.compensations.empty(), state_has::compensations) |
      when(!run.maps.empty(), state_has::maps) | when(run.next_signal > 1, state_has::signals) |
      when(run.depth > 0, state_has::depth) | when(run.trace.has_value(), state_has::trace) |
      when(run.output.has_value(), state_has::output) |
      when(have_branches(run.compensations), state_has::branches_of_compensations) |
      when(run.vars.has_value(), state_has::vars);
  const auto has = [parts](state_has::part part) { return (parts & part) != 0; };
  out.varint(parts);
  if (has(state_has::frozen_at)) out.time(*run.frozen_at, run.updated_at);
  if (has(state_has::compensating)) encode_compensating(out, *run.compensating);
  if (has(state_has::compensations)) encode_compensations(out, run.compensations);
  if (has(state_has::maps)) encode_maps(out, run.maps);
  if (has(state_has::signals)) {
    out.varint(run.next_signal);
    encode_list(out, run.signal_ids.all(),
                [](byte_writer& each, const std::string& id) { each.text(id); });
    encode_list(out, run.inbox.all(),
                [](byte_writer& each, const auto& entry) { encode_signal(each, entry.second); });
  }
  if (has(state_has::depth)) out.varint(run.depth);
  if (has(state_has::trace)) encode_trace(out, *run.trace);
  if (has(state_has::output)) encode_payload(out, *run.output);
  if (has(state_has::branches_of_compensations)) encode_branches(out, run.compensations);
  if (has(state_has::vars)) encode_payload(out, *run.vars);
  out.finish();
}

result<flow::run_state> decode_state(std::string_view bytes) {
  return decode_record<flow::run_state>(record_kind::run_state, bytes,
                                        {decode_state_v1, decode_state_v2});
}

void encode_run(const flow::run_state& run, std::span<const run_wait> waits, std::string& to) {
  record_writer out{to, record_kind::run_summary, run_version};
  encode_summary(out, run, run.start_fingerprint, run.parent_attempt, waits);
  out.finish();
}

void encode_run(const run_record& record, std::string& to) {
  record_writer out{to, record_kind::run_summary, run_version};
  encode_summary(out, record.summary, record.start_fingerprint, record.parent_attempt,
                 record.summary.waits);
  out.finish();
}

result<run_record> decode_run(std::string_view bytes) {
  return decode_record<run_record>(record_kind::run_summary, bytes, {decode_run_v1, decode_run_v2});
}

}  // namespace pawl::persistence
