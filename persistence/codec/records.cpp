#include <utility>

#include "persistence/codec.hpp"
#include "persistence/codec/fields.hpp"
#include "persistence/codec/parts.hpp"

namespace pawl::persistence {

using namespace codec;

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
