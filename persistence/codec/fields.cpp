#include "persistence/codec/fields.hpp"

#include <algorithm>
#include <string_view>

namespace pawl::persistence::codec {
namespace {

template <class Bytes>
void encode_bytes(byte_writer& to, const Bytes& bytes) {
  for (const std::uint8_t each : bytes) to.byte(each);
}

/// Ids of traces and spans are not all zero.
template <class Bytes>
void decode_trace_id(byte_reader& from, Bytes& id) {
  for (std::uint8_t& each : id) each = from.byte();
  if (std::all_of(id.begin(), id.end(), [](std::uint8_t b) { return b == 0; }))
    from.fail("has an invalid trace id");
}

}  // namespace

void encode_numbers(byte_writer& to, const std::vector<std::uint32_t>& list) {
  encode_list(to, list, [](byte_writer& out, std::uint32_t number) { out.varint(number); });
}

std::vector<std::uint32_t> decode_numbers(byte_reader& from) {
  return decode_list<std::uint32_t>(from, 1, [](byte_reader& in) { return in.varint32(); });
}

void encode_version(byte_writer& to, const version& v) {
  to.varint(v.major);
  to.varint(v.minor);
  to.varint(v.patch);
}

version decode_version(byte_reader& from) {
  version v;
  v.major = from.varint32();
  v.minor = from.varint32();
  v.patch = from.varint32();
  return v;
}

void encode_error(byte_writer& to, const run_error& e) {
  to.text(e.type);
  to.text(e.message);
  to.text(e.node);
  to.varint(e.attempt);
}

run_error decode_error(byte_reader& from) {
  run_error e;
  e.type = from.text();
  e.message = from.text();
  e.node = from.text();
  e.attempt = from.varint32();
  return e;
}

run_status decode_status(byte_reader& from) {
  return from.enumerator(run_status::cancelled, run_status::running);
}

void encode_trace(byte_writer& to, const trace_context& trace) {
  encode_bytes(to, trace.trace_id);
  encode_bytes(to, trace.parent_id);
  to.byte(trace.flags);
}

trace_context decode_trace(byte_reader& from) {
  trace_context trace;
  decode_trace_id(from, trace.trace_id);
  decode_trace_id(from, trace.parent_id);
  trace.flags = from.byte();
  return trace;
}

}  // namespace pawl::persistence::codec
