#include "server/http/problem.hpp"

#include <array>

#include <pawl/assert.hpp>

namespace pawl::server::http {
namespace {

using enum problem_code;

constexpr std::array all_kinds{
    problem_kind{invalid_argument, "invalid_argument", "Invalid argument", 400},
    problem_kind{malformed_json, "malformed_json", "Malformed JSON", 400},
    problem_kind{malformed_yaml, "malformed_yaml", "Malformed YAML", 400},
    problem_kind{unauthorized, "unauthorized", "Unauthorized", 401},
    problem_kind{forbidden, "forbidden", "Forbidden", 403},
    problem_kind{not_found, "not_found", "Not found", 404},
    problem_kind{method_not_allowed, "method_not_allowed", "Method not allowed", 405},
    problem_kind{not_acceptable, "not_acceptable", "Not acceptable", 406},
    problem_kind{timed_out, "timed_out", "Timed out", 408},
    problem_kind{already_exists, "already_exists", "Already exists", 409},
    problem_kind{illegal_transition, "illegal_transition", "Illegal transition", 409},
    problem_kind{conflict, "conflict", "Conflict", 409},
    problem_kind{lease_lost, "lease_lost", "Lease lost", 409},
    problem_kind{precondition_failed, "precondition_failed", "Precondition failed", 412},
    problem_kind{body_too_large, "body_too_large", "Body too large", 413},
    problem_kind{uri_too_long, "uri_too_long", "URI too long", 414},
    problem_kind{unsupported_media_type, "unsupported_media_type", "Unsupported media type", 415},
    problem_kind{expectation_failed, "expectation_failed", "Expectation failed", 417},
    problem_kind{idempotency_mismatch, "idempotency_mismatch", "Idempotency mismatch", 422},
    problem_kind{invalid_flow, "invalid_flow", "Invalid flow", 422},
    problem_kind{invalid_rule, "invalid_rule", "Invalid rule", 422},
    problem_kind{limit_exceeded, "limit_exceeded", "Limit exceeded", 422},
    problem_kind{upgrade_required, "upgrade_required", "Upgrade required", 426},
    problem_kind{too_many_requests, "too_many_requests", "Too many requests", 429},
    problem_kind{overloaded, "overloaded", "Overloaded", 429},
    problem_kind{header_too_large, "header_too_large", "Header too large", 431},
    problem_kind{internal, "internal", "Internal error", 500},
    problem_kind{io_failed, "io_failed", "Input or output failed", 500},
    problem_kind{corrupt, "corrupt", "Stored data is damaged", 500},
    problem_kind{not_supported, "not_supported", "Not supported", 501},
    problem_kind{unavailable, "unavailable", "Unavailable", 503},
    problem_kind{http_version_not_supported, "http_version_not_supported",
                 "HTTP version not supported", 505},
    problem_kind{storage_full, "storage_full", "Storage full", 507},
};

struct status_phrase {
  unsigned status;
  std::string_view phrase;
};

constexpr status_phrase status_phrases[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {302, "Found"},
    {304, "Not Modified"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

}  // namespace

std::span<const problem_kind> problem_kinds() noexcept {
  return all_kinds;
}

const problem_kind& kind_of(problem_code code) noexcept {
  const auto& kind = all_kinds[static_cast<std::size_t>(code)];
  PAWL_ASSERT(kind.code == code, "problem kinds are in the order of their codes");
  return kind;
}

std::string_view reason_phrase(unsigned status) noexcept {
  for (const auto& each : status_phrases)
    if (each.status == status) return each.phrase;
  return "Status";
}

json to_json(const std::vector<diagnostic>& diagnostics) {
  json list = json::array();
  for (const auto& each : diagnostics) {
    list.push_back({{"severity", each.level == severity::error ? "error" : "warning"},
                    {"pointer", each.pointer},
                    {"code", each.code},
                    {"message", each.message}});
  }
  return list;
}

json to_json(const problem& refused, std::string_view request_id) {
  const problem_kind& kind = kind_of(refused.code);
  json object{{"type", "urn:pawl:error:" + std::string{kind.name}},
              {"title", kind.title},
              {"status", kind.status},
              {"code", kind.name},
              {"detail", refused.detail}};
  if (!request_id.empty()) object["request_id"] = request_id;
  if (!refused.error_class.empty()) object["class"] = refused.error_class;
  if (!refused.diagnostics.empty()) {
    object["diagnostics"] = to_json(refused.diagnostics);
    object["faults"] = object["diagnostics"];  // the old name, until 1.0
  }
  return object;
}

response to_response(const problem& refused, std::string_view request_id) {
  response answer{kind_of(refused.code).status, refused.fields};
  answer.fields.set("Content-Type", "application/problem+json");
  if ((answer.status == 429 || answer.status == 503) && !answer.fields.find("Retry-After"))
    answer.fields.add("Retry-After", "1");
  // Bytes that are not UTF-8 are replaced: the detail may quote what the client sent.
  answer.body = to_json(refused, request_id).dump(-1, ' ', false, json::error_handler_t::replace);
  return answer;
}

}  // namespace pawl::server::http
