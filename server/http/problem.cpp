#include "server/http/problem.hpp"

#include <pawl/json.hpp>

namespace pawl::server::http {
namespace {

struct status_words {
  unsigned status;
  std::string_view words;
};

constexpr status_words known_statuses[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
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

std::string_view reason_of(unsigned status) noexcept {
  for (const auto& known : known_statuses)
    if (known.status == status) return known.words;
  return "Status";
}

response to_problem(const refusal& why, std::string_view request_id) {
  const json body{{"type", "urn:pawl:error:" + std::string{why.code}},
                  {"title", reason_of(why.status)},
                  {"status", why.status},
                  {"code", why.code},
                  {"detail", why.detail},
                  {"request_id", request_id}};
  response made{.status = why.status,
                .fields = {{"Content-Type", "application/problem+json"}},
                .body = body.dump(-1, ' ', false, json::error_handler_t::replace)};
  if (why.status == 429 || why.status == 503) made.fields.add("Retry-After", "1");
  return made;
}

}  // namespace pawl::server::http
