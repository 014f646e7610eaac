#include <utility>

#include "persistence/codec.hpp"
#include "persistence/codec/fields.hpp"
#include "persistence/codec/parts.hpp"
#include "persistence/quarantine.hpp"

namespace pawl::persistence {

using namespace codec;

std::string encode_input(const flow::run_input& input) {
  return seal(record_kind::run_input, current_version, {{"d", input.data}, {"m", input.metadata}});
}

result<flow::run_input> decode_input(std::string_view bytes) {
  return decode_record(record_kind::run_input, bytes, "run input", [](const json& body) {
    return flow::run_input{object_in(body.at("d")), object_in(body.at("m"))};
  });
}

std::string encode_orphan(const flow::abandoned_child& orphan) {
  return seal(record_kind::orphaned_run, current_version,
              json::array({static_cast<std::uint8_t>(orphan.fate), orphan.attempt}));
}

result<flow::abandoned_child> decode_orphan(std::string_view bytes) {
  return decode_record(record_kind::orphaned_run, bytes, "orphaned run", [](const json& body) {
    return flow::abandoned_child{run_id{}, decode_enum(body.at(0), flow::child_fate::terminate),
                                 body.at(1).get<std::uint32_t>()};
  });
}

std::string encode_suspect(const suspect& what) {
  return seal(record_kind::suspect, current_version,
              json::array({what.deaths, what.reason, static_cast<std::uint8_t>(what.status),
                           what.runnable}));
}

result<suspect> decode_suspect(std::string_view bytes) {
  return decode_record(record_kind::suspect, bytes, "suspect", [](const json& body) {
    suspect what;
    what.deaths = body.at(0).get<std::uint32_t>();
    what.reason = body.at(1).get<std::string>();
    what.status = decode_status(body.at(2));
    what.runnable = body.at(3).get<bool>();
    return what;
  });
}

std::string encode_lease(const flow::remote_task& task) {
  return seal(record_kind::task_lease, current_version, encode_task(task));
}

result<lease_record> decode_lease(std::string_view bytes) {
  return decode_record(record_kind::task_lease, bytes, "lease", [](const json& body) {
    auto task = decode_task(body);
    return lease_record{std::move(task.queue), std::move(task.code_ref), std::move(task.worker),
                        task.lease, task.lease_time};
  });
}

std::string encode_flow_head(const flow_head& head) {
  json body{{"l", encode_version(head.latest)}};
  if (head.published) body["p"] = encode_version(*head.published);
  if (head.deleted) body["x"] = true;
  return seal(record_kind::flow_head, current_version, body);
}

result<flow_head> decode_flow_head(std::string_view bytes) {
  return decode_record(record_kind::flow_head, bytes, "flow", [](const json& body) {
    return flow_head{decode_version(body.at("l")), optional_field(body, "p", decode_version),
                     body.value("x", false)};
  });
}

std::string encode_flow(const flow_record& flow) {
  return seal(record_kind::flow_version, current_version,
              {{"d", flow.definition}, {"t", encode_time(flow.created_at)}});
}

result<flow_record> decode_flow(std::string_view bytes) {
  return decode_record(record_kind::flow_version, bytes, "flow version", [](const json& body) {
    return flow_record{body.at("d"), decode_time(body.at("t"))};
  });
}

}  // namespace pawl::persistence
