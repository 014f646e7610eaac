#include <string>
#include <utility>

#include "server/api/call.hpp"
#include "server/api/routes.hpp"

namespace pawl::server {
namespace {

/// Without Max-Age: the browser forgets the cookie when it closes, the server ends the session.
constexpr std::string_view cookie_attributes = "; Path=/; HttpOnly; Secure; SameSite=Strict";

json identity_of(const caller& by) {
  const char* const how = by.key_id.empty() ? "none" : by.session.empty() ? "key" : "session";
  return {{"name", by.name},         {"role", std::string{to_string(by.role)}},
          {"scope", by.scope.str()}, {"scopes", by.scopes},
          {"authentication", how},   {"expires_at", time_or_null(by.expires_at)}};
}

std::string cookie_of(std::string_view token) {
  return std::string{session_cookie} + "=" + std::string{token} + std::string{cookie_attributes};
}

void get_whoami(const call_ptr& request) {
  request->answer(200, identity_of(request->by()));
}

void open_session(const call_ptr& request) {
  auto opened = request->with().auth->open_session(request->by());
  if (auto* const refused = std::get_if<problem>(&opened)) return request->fail(*refused);
  request->answer(201, identity_of(request->by()),
                  {{"Set-Cookie", cookie_of(std::get<std::string>(opened))}});
}

void close_session(const call_ptr& request) {
  request->with().auth->close_session(request->by());
  request->send({204, {{"Set-Cookie", cookie_of("") + "; Max-Age=0"}}, {}}, "ok");
}

}  // namespace

void add_session_routes(router& to) {
  to.add(get_route("/v1/whoami", "whoami.get", role::reader, get_whoami).answered_by_each_server());
  to.add(post_route("/v1/session", "session.open", role::reader, open_session)
             .with_body(body_kind::none)
             .answered_by_each_server());
  to.add(delete_route("/v1/session", "session.close", role::reader, close_session)
             .answered_by_each_server());
}

}  // namespace pawl::server
