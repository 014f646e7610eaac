#include "flow/definition/flow_schema.hpp"
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

void get_flow_schema(const call_ptr& request) {
  request->answer_text("application/schema+json", std::string{flow::flow_schema()});
}

}  // namespace

void add_document_routes(router& to) {
  to.add(get_route("/openapi.json", "docs.openapi", std::nullopt, get_openapi));
  to.add(get_route("/v1/schema/flow.json", "docs.flow_schema", std::nullopt, get_flow_schema)
             .producing("application/schema+json"));
  to.add(get_route("/docs", "docs.page", std::nullopt, get_page).producing("text/html"));
}

}  // namespace pawl::server
