#include <utility>

#include "persistence/codec.hpp"
#include "persistence/codec/attributes.hpp"
#include "persistence/codec/fields.hpp"
#include "persistence/codec/payload.hpp"
#include "persistence/quarantine.hpp"
#include "persistence/record.hpp"

namespace pawl::persistence {

using namespace codec;

namespace {

constexpr std::uint8_t schema_version = 2;
constexpr std::uint8_t input_version = 2;
constexpr std::uint8_t orphan_version = 1;
constexpr std::uint8_t suspect_version = 1;
constexpr std::uint8_t lease_version = 1;
constexpr std::uint8_t flow_head_version = 1;
constexpr std::uint8_t flow_record_version = 2;

/// The optional parts of a flow version, in the order of their encoding. Bits are stored.
struct flow_has {
  enum part : std::uint32_t {
    written = 1u << 0,
    all = (1u << 1) - 1,
  };
};

/// The optional parts of an input, in the order of their encoding. Bits are stored.
struct input_has {
  enum part : std::uint32_t {
    restarted_from = 1u << 0,
    parent = 1u << 1,
    trace = 1u << 2,
    started_by = 1u << 3,
    all_v1 = (1u << 4) - 1,
    attributes = 1u << 4,
    all = (1u << 5) - 1,
  };
};

/// `known`: the parts that an input can have in this version of its record.
flow::run_input read_input(byte_reader& from, std::uint32_t known) {
  flow::run_input input;
  input.key.scope = decode_id<scope_name>(from);
  input.key.id = decode_id<run_id>(from);
  input.flow.name = decode_id<flow_name>(from);
  input.flow.version = decode_version(from);
  input.created_at = from.time();
  input.start_fingerprint = from.fixed64();
  const std::uint32_t parts = from.bits(known);
  if ((parts & input_has::restarted_from) != 0) input.restarted_from = decode_id<run_id>(from);
  if ((parts & input_has::parent) != 0) {
    input.parent = decode_id<run_id>(from);
    input.depth = from.varint32();
    input.parent_attempt = from.varint32();
  }
  if ((parts & input_has::trace) != 0) input.trace = decode_trace(from);
  if ((parts & input_has::started_by) != 0) input.started_by = from.text();
  if ((parts & input_has::attributes) != 0) input.attributes = decode_attribute_map(from);
  input.data = flow::shared_json{decode_object(from)};
  input.metadata = decode_object(from);
  return input;
}

flow::run_input decode_input_v1(byte_reader& from) {
  return read_input(from, input_has::all_v1);
}

/// Version 2 adds attributes.
flow::run_input decode_input_v2(byte_reader& from) {
  return read_input(from, input_has::all);
}

flow::abandoned_child decode_orphan_v1(byte_reader& from) {
  flow::abandoned_child orphan;
  orphan.fate = from.enumerator(flow::child_fate::terminate);
  orphan.attempt = from.varint32();
  return orphan;
}

suspect decode_suspect_v1(byte_reader& from) {
  suspect what;
  what.deaths = from.varint32();
  what.reason = from.text();
  what.status = decode_status(from);
  what.runnable = from.flag();
  return what;
}

lease_record decode_lease_v1(byte_reader& from) {
  lease_record lease;
  lease.queue = from.text();
  lease.code_ref = from.text();
  lease.worker = from.text();
  lease.lease = from.fixed64();
  lease.length = std::chrono::milliseconds{from.signed_varint()};
  return lease;
}

flow_head decode_flow_head_v1(byte_reader& from) {
  flow_head head;
  head.latest = decode_version(from);
  head.published = decode_optional(from, decode_version);
  head.deleted = from.flag();
  return head;
}

flow_record decode_flow_v1(byte_reader& from) {
  flow_record flow;
  flow.created_at = from.time();
  flow.definition = decode_payload(from);
  return flow;
}

flow_record decode_flow_v2(byte_reader& from) {
  flow_record flow = decode_flow_v1(from);
  const std::uint32_t parts = from.bits(flow_has::all);
  if ((parts & flow_has::written) != 0) flow.written = decode_payload(from);
  return flow;
}

}  // namespace

void encode_schema(const schema_record& schema, std::string& to) {
  record_writer out{to, record_kind::schema, schema_version};
  out.varint(schema.version);
  out.text(schema.resume);
  out.finish();
}

result<schema_record> decode_schema(std::string_view bytes) {
  auto record = open_record(record_kind::schema, bytes);
  if (!record) return std::move(record).error();
  // CBOR, which only stores of the first schema had.
  if (record->version < schema_version) return schema_record{1, {}};
  byte_reader& body = record->body;
  schema_record schema;
  schema.version = body.varint32();
  if (record->version == schema_version) {
    schema.resume = body.text();
    if (body.left() > 0) body.fail("has more bytes than its fields");
  }
  if (!body.ok()) return body_error(record_kind::schema, body);
  return schema;
}

void encode_input(const flow::run_input& input, std::string& to) {
  record_writer out{to, record_kind::run_input, input_version};
  encode_id(out, input.key.scope);
  encode_id(out, input.key.id);
  encode_id(out, input.flow.name);
  encode_version(out, input.flow.version);
  out.time(input.created_at);
  out.fixed64(input.start_fingerprint);
  out.varint(when(input.restarted_from.has_value(), input_has::restarted_from) |
             when(input.parent.has_value(), input_has::parent) |
             when(input.trace.has_value(), input_has::trace) |
             when(!input.started_by.empty(), input_has::started_by) |
             when(!input.attributes.empty(), input_has::attributes));
  if (input.restarted_from) encode_id(out, *input.restarted_from);
  if (input.parent) {
    encode_id(out, *input.parent);
    out.varint(input.depth);
    out.varint(input.parent_attempt);
  }
  if (input.trace) encode_trace(out, *input.trace);
  if (!input.started_by.empty()) out.text(input.started_by);
  if (!input.attributes.empty()) encode_attribute_map(out, input.attributes);
  encode_payload(out, *input.data);
  encode_payload(out, input.metadata);
  out.finish();
}

result<flow::run_input> decode_input(std::string_view bytes) {
  return decode_record<flow::run_input>(record_kind::run_input, bytes,
                                        {decode_input_v1, decode_input_v2});
}

void encode_orphan(const flow::abandoned_child& orphan, std::string& to) {
  record_writer out{to, record_kind::orphaned_run, orphan_version};
  out.enumerator(orphan.fate);
  out.varint(orphan.attempt);
  out.finish();
}

result<flow::abandoned_child> decode_orphan(std::string_view bytes) {
  return decode_record<flow::abandoned_child>(record_kind::orphaned_run, bytes, {decode_orphan_v1});
}

void encode_suspect(const suspect& what, std::string& to) {
  record_writer out{to, record_kind::suspect, suspect_version};
  out.varint(what.deaths);
  out.text(what.reason);
  out.enumerator(what.status);
  out.flag(what.runnable);
  out.finish();
}

result<suspect> decode_suspect(std::string_view bytes) {
  return decode_record<suspect>(record_kind::suspect, bytes, {decode_suspect_v1});
}

void encode_lease(const flow::remote_task& task, std::string& to) {
  record_writer out{to, record_kind::task_lease, lease_version};
  out.text(task.queue);
  out.text(task.code_ref);
  out.text(task.worker);
  out.fixed64(task.lease);
  out.signed_varint(task.lease_time.count());
  out.finish();
}

result<lease_record> decode_lease(std::string_view bytes) {
  return decode_record<lease_record>(record_kind::task_lease, bytes, {decode_lease_v1});
}

void encode_flow_head(const flow_head& head, std::string& to) {
  record_writer out{to, record_kind::flow_head, flow_head_version};
  encode_version(out, head.latest);
  encode_optional(out, head.published, encode_version);
  out.flag(head.deleted);
  out.finish();
}

result<flow_head> decode_flow_head(std::string_view bytes) {
  return decode_record<flow_head>(record_kind::flow_head, bytes, {decode_flow_head_v1});
}

void encode_flow(const flow_record& flow, std::string& to) {
  record_writer out{to, record_kind::flow_version, flow_record_version};
  out.time(flow.created_at);
  encode_payload(out, flow.definition);
  out.varint(when(flow.written.has_value(), flow_has::written));
  if (flow.written) encode_payload(out, *flow.written);
  out.finish();
}

result<flow_record> decode_flow(std::string_view bytes) {
  return decode_record<flow_record>(record_kind::flow_version, bytes,
                                    {decode_flow_v1, decode_flow_v2});
}

}  // namespace pawl::persistence
