#include <array>

#include "flow/nodes/call.hpp"
#include "flow/nodes/node_types.hpp"

namespace pawl::flow {
namespace {

constexpr std::array<std::string_view, 14> http_keys = {
    "method",        "url",       "headers",       "query", "json",      "body",
    "accept_status", "timeout",   "total_timeout", "retry", "max_bytes", "follow_redirects",
    "into",          "compensate"};
constexpr std::array<std::string_view, 7> http_methods = {"GET",    "POST", "PUT",    "PATCH",
                                                          "DELETE", "HEAD", "OPTIONS"};

/// The call of the built-in function that sends requests; it checks what rules have computed.
call_plan read_request(const data_reader& data) {
  call_plan plan;
  plan.code_ref = "core.http";
  plan.args = {{"method", data.one_of("method", http_methods)}};
  for (const char* const key : {"url", "json", "body"})
    if (auto rule = data.rule(key, key == std::string_view{"url"}))
      plan.with.emplace_back(key, *std::move(rule));
  if (data.find("json") != nullptr && data.find("body") != nullptr)
    data.fail("body", "contradiction", "a request has a \"json\" or a \"body\", not both");
  for (const char* const key : {"headers", "query"})
    if (data.find(key) != nullptr) plan.objects.emplace_back(key, data.rules(key));
  if (const json* const accept = data.find("accept_status")) plan.args["accept_status"] = *accept;
  if (const auto most = data.count("max_bytes", 1, 1u << 30)) plan.args["max_bytes"] = *most;
  if (const json* const follow = data.find("follow_redirects")) {
    if (!follow->is_boolean())
      data.fail("follow_redirects", "wrong_type", "\"follow_redirects\" must be true or false");
    plan.args["follow_redirects"] = *follow;
  }
  if (const auto timeout = data.duration("timeout")) {
    if (timeout->count() == 0) data.fail("timeout", "out_of_range", "\"timeout\" must not be 0");
    plan.args["timeout_ms"] = timeout->count();
  }
  plan.total_timeout = data.duration("total_timeout").value_or(std::chrono::milliseconds{0});
  plan.retry = read_retry_policy(data);
  return plan;
}

}  // namespace

/// Sends an HTTP request; what comes back goes into the run's data.
const node_type http_type{
    .name = "http",
    .keys = http_keys,
    .make = [](const data_reader& data) -> std::unique_ptr<const node> {
      return std::make_unique<call_node>(data, read_request(data), "response");
    },
};

}  // namespace pawl::flow
