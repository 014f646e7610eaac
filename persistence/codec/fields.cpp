#include "persistence/codec/fields.hpp"

namespace pawl::persistence::codec {

void throw_wrong_shape(const char* what) {
  throw json::other_error::create(501, what, nullptr);
}

json encode_time(time_point t) {
  return to_unix_us(t);
}
time_point decode_time(const json& j) {
  return from_unix_us(j.get<std::int64_t>());
}

json encode_version(const version& v) {
  return json::array({v.major, v.minor, v.patch});
}
version decode_version(const json& j) {
  return {j.at(0).get<std::uint32_t>(), j.at(1).get<std::uint32_t>(), j.at(2).get<std::uint32_t>()};
}

run_status decode_status(const json& j) {
  const auto status = decode_enum(j, run_status::cancelled);
  if (status < run_status::running) throw_wrong_shape("unknown enumerator");
  return status;
}

const json& object_in(const json& j) {
  if (!j.is_object()) throw_wrong_shape("not an object");
  return j;
}

json encode_error(const std::optional<run_error>& e) {
  if (!e) return nullptr;
  return json::array({e->type, e->message, e->node, e->attempt});
}
std::optional<run_error> decode_error(const json& j) {
  if (j.is_null()) return std::nullopt;
  return run_error{j.at(0).get<std::string>(), j.at(1).get<std::string>(),
                   j.at(2).get<std::string>(), j.at(3).get<std::uint32_t>()};
}

json encode_optional_time(const std::optional<time_point>& t) {
  return t ? encode_time(*t) : json{};
}
std::optional<time_point> decode_optional_time(const json& j) {
  return j.is_null() ? std::nullopt : std::optional{decode_time(j)};
}

trace_context decode_trace(const json& j) {
  const auto trace = parse_traceparent(j.get_ref<const std::string&>());
  if (!trace) throw_wrong_shape("invalid traceparent");
  return *trace;
}

}  // namespace pawl::persistence::codec
