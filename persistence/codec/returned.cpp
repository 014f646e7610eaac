// The forms of the encoders that return the record.

#include "persistence/codec.hpp"

namespace pawl::persistence {
namespace {

template <class Append>
std::string returned(Append append) {
  std::string record;
  record.reserve(256);  // one allocation for most records
  append(record);
  return record;
}

}  // namespace

std::string encode_schema(const schema_record& schema) {
  return returned([&](std::string& to) { encode_schema(schema, to); });
}

std::string encode_state(const flow::run_state& run) {
  return returned([&](std::string& to) { encode_state(run, to); });
}

std::string encode_delta(const flow::delta& change) {
  return returned([&](std::string& to) { encode_delta(change, to); });
}

std::string encode_run(const flow::run_state& run, std::span<const run_wait> waits) {
  return returned([&](std::string& to) { encode_run(run, waits, to); });
}

std::string encode_run(const run_record& record) {
  return returned([&](std::string& to) { encode_run(record, to); });
}

std::string encode_input(const flow::run_input& input) {
  return returned([&](std::string& to) { encode_input(input, to); });
}

std::string encode_orphan(const flow::abandoned_child& orphan) {
  return returned([&](std::string& to) { encode_orphan(orphan, to); });
}

std::string encode_suspect(const suspect& what) {
  return returned([&](std::string& to) { encode_suspect(what, to); });
}

std::string encode_lease(const flow::remote_task& task) {
  return returned([&](std::string& to) { encode_lease(task, to); });
}

std::string encode_flow_head(const flow_head& head) {
  return returned([&](std::string& to) { encode_flow_head(head, to); });
}

std::string encode_flow(const flow_record& flow) {
  return returned([&](std::string& to) { encode_flow(flow, to); });
}

}  // namespace pawl::persistence
