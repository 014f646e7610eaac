#include "server/old_api/old_errors.hpp"

#include <utility>

namespace pawl::server {
namespace {

http::response response_of(const old_error& why) {
  const json body{
      {"error", why.text}, {"details", why.details}, {"type", why.type}, {"detail", why.text}};
  return {why.status, {{"Content-Type", "application/json"}}, text_of(body)};
}

/// The previous engine had 400 for whatever it refused.
unsigned status_of_old(unsigned status) noexcept {
  return status == 409 || status == 412 || status == 422 ? 400 : status;
}

std::string_view old_type(unsigned status) noexcept {
  if (status == 400) return "ValidationException";
  return status == 500 ? "InternalError" : "HTTPException";
}

old_error error_of(const problem& refused) {
  if (refused.code == problem_code::malformed_json) {
    json cause{{"loc", {"body"}}, {"msg", refused.detail}, {"type", "json_invalid"}};
    return {422, "Validation failed", json::array({std::move(cause)}), "ValidationError"};
  }
  const unsigned status = status_of_old(kind_of(refused.code).status);
  old_error why{status, refused.detail, json::object(), old_type(status)};
  if (!refused.diagnostics.empty()) why.details["diagnostics"] = to_json(refused.diagnostics);
  return why;
}

}  // namespace

void refuse(const call_ptr& request, const old_error& why) {
  request->send(response_of(why), why.status == 404 ? "not_found" : "invalid_argument");
}

void refuse(const call_ptr& request, std::string_view doing, const error& why) {
  problem refused = problem_of(why);
  refused.detail = std::string{doing} + ": " + refused.detail;
  request->fail(refused);
}

old_error old_flow_not_found(const std::string& flow) {
  return {404, "Flow '" + flow + "' not found", {{"flow_id", flow}}, "FlowNotFoundException"};
}

old_error old_thread_not_found(const std::string& thread, std::string text) {
  if (text.empty()) text = "Workflow '" + thread + "' not found";
  return {404, std::move(text), {{"thread_id", thread}}, "WorkflowNotFoundException"};
}

http::response old_refusal(const problem& refused, std::string_view) {
  http::response made = response_of(error_of(refused));
  for (const auto& each : refused.fields) made.fields.add(each.name, each.value);
  if ((made.status == 429 || made.status == 503) && !made.fields.find("Retry-After"))
    made.fields.add("Retry-After", "1");
  return made;
}

}  // namespace pawl::server
