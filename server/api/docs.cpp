#include "server/api/call.hpp"
#include "server/api/document.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

void get_openapi(const call_ptr& request) {
  request->answer_text("application/json", std::string{openapi_json()});
}

void get_page(const call_ptr& request) {
  request->answer_text(
      "text/html; charset=utf-8", std::string{openapi_page()},
      {{"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"}});
}

}  // namespace

void add_document_routes(router& to) {
  using enum body_kind;
  using enum repeats;
  to.add({"GET", "/openapi.json", "docs.openapi", std::nullopt, {}, none, not_known, get_openapi});
  to.add({"GET", "/docs", "docs.page", std::nullopt, {}, none, not_known, get_page, "text/html"});
}

}  // namespace pawl::server
