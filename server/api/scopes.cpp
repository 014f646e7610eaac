#include <algorithm>
#include <utility>

#include <pawl/scopes.hpp>

#include "server/api/call.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

/// The page of the scopes that a key names, however many keys of scopes there are.
scope_page named_scopes(std::vector<std::string> names, const scope_list_options& how) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  scope_page page;
  for (auto each = std::upper_bound(names.begin(), names.end(), how.after); each != names.end();
       ++each) {
    if (page.scopes.size() == how.limit) {
      page.next = page.scopes.back().str();
      break;
    }
    page.scopes.emplace_back(*each);
  }
  return page;
}

void answer_scopes(const call_ptr& request, const scope_page& page) {
  json names = json::array();
  for (const auto& each : page.scopes) names.push_back(each.str());
  request->answer(200, {{"scopes", std::move(names)},
                        {"any", request->by().every_scope},
                        {"next", next_page(page.next)}});
}

void list_scopes(const call_ptr& request) {
  std::vector<diagnostic> diagnostics;
  scope_list_options how;
  how.limit = request->query().number("limit", 100, 1, 1000, diagnostics);
  how.after = request->query().text("cursor");
  if (request->reject_if_invalid(std::move(diagnostics))) return;
  if (!request->by().every_scope)
    return answer_scopes(request, named_scopes(request->by().scopes, how));
  engine_scopes{request->in()}.list_async(
      how,
      [request](const result<scope_page>& page) {
        if (!page) return request->fail(page.error());
        answer_scopes(request, *page);
      },
      request->withdrawn_with_client());
}

}  // namespace

void add_scope_routes(router& to) {
  to.add(get_route("/v1/scopes", "scopes.list", role::reader, list_scopes)
             .with_query({"limit", "cursor"}));
}

}  // namespace pawl::server
