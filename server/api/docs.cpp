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
  to.add(get_route("/openapi.json", "docs.openapi", std::nullopt, get_openapi));
  to.add(get_route("/docs", "docs.page", std::nullopt, get_page).producing("text/html"));
}

}  // namespace pawl::server
