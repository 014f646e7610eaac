#include "server/api/forwarder.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "functions/http/transfer_loop.hpp"
#include "server/api/call.hpp"
#include "server/http/ascii.hpp"

namespace pawl::server {
namespace {

namespace client = functions::http;

/// Longer than any request waits (`?wait=60s`).
constexpr std::chrono::seconds longest_request{90};
constexpr std::chrono::seconds longest_connect{5};

/// Fields that concern this connection only or that the check of the caller has used up. The
/// browser's origin was checked here; cookies are of sessions, which are not passed on.
constexpr std::string_view own_request_fields[] = {"Host",
                                                   "Connection",
                                                   "Keep-Alive",
                                                   "Proxy-Authorization",
                                                   "TE",
                                                   "Trailer",
                                                   "Upgrade",
                                                   "Transfer-Encoding",
                                                   "Expect",
                                                   "Content-Length",
                                                   "Request-Id",
                                                   "Content-Encoding",
                                                   "Origin",
                                                   "Accept-Encoding",
                                                   "Cookie",
                                                   "Referer",
                                                   "Sec-Fetch-Site",
                                                   "Sec-Fetch-Mode",
                                                   "Sec-Fetch-Dest",
                                                   "Sec-Fetch-User",
                                                   "Pawl-Forwarded",
                                                   "Proxy-Authenticate"};

/// Fields of an answer that this server sets itself; see also `http::to_bytes`.
constexpr std::string_view own_answer_fields[] = {"Content-Encoding", "Vary", "Set-Cookie",
                                                  "Access-Control-Allow-Origin",
                                                  "Access-Control-Expose-Headers"};

template <std::size_t Size>
bool has_field_name(const std::string_view (&names)[Size], std::string_view name) {
  return std::any_of(std::begin(names), std::end(names),
                     [&](std::string_view each) { return http::ascii_iequals(each, name); });
}

bool only_reads(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

std::string shown_owner(const cluster_info& owner) {
  return owner.owner + " (" + owner.owner_url + ")";
}

problem owner_unavailable(std::string detail) {
  return {problem_code::unavailable, std::move(detail), "standby", {}, {{"Retry-After", "1"}}};
}

/// What a request is sent with: to the owner alone, wherever it is.
std::shared_ptr<const client::policy> policy_for(const client::url& owner, const settings& s) {
  auto made = std::make_shared<client::policy>();
  const bool is_ipv6 = owner.host.find(':') != owner.host.npos;
  made->allow_hosts = {(is_ipv6 ? "[" + owner.host + "]" : owner.host) + ":" +
                       std::to_string(owner.port)};
  made->max_response_bytes = forwarder::max_answer_bytes;
  made->connect_timeout = longest_connect;
  made->ca_file = s.http.ca_file.string();
  return made;
}

result<client::request> request_for(http::request what, const cluster_info& owner) {
  std::string base = owner.owner_url;
  while (base.ends_with('/')) base.pop_back();
  auto target = client::parse_url(base + what.path, what.query);
  if (!target) return std::move(target).error();
  auto every_status = client::status_set::parse(json{"2xx", "3xx", "4xx", "5xx"});
  if (!every_status) return std::move(every_status).error();
  client::request made;
  made.method = std::move(what.method);
  made.target = *std::move(target);
  made.accepted = *std::move(every_status);
  made.max_bytes = forwarder::max_answer_bytes;
  for (const auto& each : what.fields)
    if (!has_field_name(own_request_fields, each.name))
      made.headers.push_back({each.name, each.value});
  made.headers.push_back({"Request-Id", what.id});
  made.headers.push_back({std::string{forwarded_field}, owner.node});
  if (!what.body.empty()) made.body = std::move(what.body);
  return made;
}

http::response to_response(client::response got) {
  http::response made{static_cast<unsigned>(got.status), {}, std::move(got.body)};
  for (const auto& [name, value] : got.headers.items())
    if (value.is_string() && !has_field_name(own_answer_fields, name))
      made.fields.add(name, value.get<std::string>());
  return made;
}

bool leaves_doubt(const error& why) {
  return why.details && why.details->is_object() && why.details->value("in_doubt", false);
}

}  // namespace

/// A request that was passed on.
struct forwarder::pending {
  std::string id;
  cluster_info owner;
  bool reads = false;
  std::shared_ptr<http::exchange> answer;
  std::stop_source withdrawn = {};
  /// Ends a read when the server stops.
  std::optional<std::stop_callback<std::function<void()>>> at_end = {};
};

forwarder::~forwarder() {
  stop();
}

std::optional<cluster_info> forwarder::owner_for(const route& to, const http::request& what,
                                                 const caller& by,
                                                 const http::exchange& answer) const {
  // Only a store in a database can have its owner elsewhere.
  if (engine_.effective_settings().storage.url.empty()) return std::nullopt;
  const bool is_streamed = to.produces == event_stream_type || to.produces == "*/*" ||
                           to.body == body_kind::bytes || answer.wants_web_socket();
  if (!to.role || to.by_each_server || is_streamed || !by.session.empty()) return std::nullopt;
  if (what.fields.find(forwarded_field)) return std::nullopt;
  auto known = engine_.cluster();
  if (known.role != cluster_role::standby || known.owner_url.empty()) return std::nullopt;
  return known;
}

void forwarder::pass_on(http::request what, const caller& by, const cluster_info& owner,
                        std::shared_ptr<http::exchange> answer) {
  const auto of = std::make_shared<pending>();
  of->id = what.id;
  of->owner = owner;
  of->reads = only_reads(what.method);
  of->answer = std::move(answer);
  const auto refuse = [&](const problem& why) {
    ++failed_;
    of->answer->respond(server::to_response(why, of->id));
  };
  const auto sending = loop();
  if (!sending || (of->reads && stopping_.stop_requested()))
    return refuse(owner_unavailable("the server is stopping"));
  auto made = request_for(std::move(what), owner);
  if (!made) {
    return refuse(
        owner_unavailable(shown_owner(owner) +
                          " owns the store, but a request cannot be passed on to it: the URL "
                          "must " +
                          made.error().message + ". Correct its cluster.advertise"));
  }
  if (++pending_ > max_pending) {
    --pending_;
    return refuse({problem_code::overloaded,
                   "too many requests are being passed on to the owner of the store; retry, or "
                   "send them to " +
                       shown_owner(owner)});
  }
  const auto withdraw = [to = of->withdrawn]() mutable { to.request_stop(); };
  of->answer->on_disconnect(withdraw);
  if (of->reads) of->at_end.emplace(stopping_.get_token(), withdraw);
  const auto rules = policy_for(made->target, engine_.effective_settings());
  const auto until = client::transfer_loop::steady::now() + longest_request;
  auto* const on = sending.get();  // runs the task before it ends
  const auto posted =
      sending->post([this, on, of, rules, until, scope = by.scope, request = *std::move(made)] {
        on->send(request, rules, scope, until, of->withdrawn.get_token(),
                 [this, of](result<client::response> got) { finish(*of, std::move(got)); });
      });
  if (!posted) finish(*of, posted.error());
}

void forwarder::finish(const pending& of, result<client::response> got) {
  --pending_;
  if (got) {
    ++answered_;
    return of.answer->respond(to_response(*std::move(got)));
  }
  ++failed_;
  const error& why = got.error();
  const auto answered = [&](const problem& with) {
    of.answer->respond(server::to_response(with, of.id));
  };
  if (!of.reads && leaves_doubt(why)) {
    return answered({problem_code::io_failed,
                     shown_owner(of.owner) +
                         " owns the store, and its answer was lost; whether it has done what was "
                         "asked is not known. Read the state, or repeat the request with its "
                         "Idempotency-Key (" +
                         why.message + ")",
                     "owner_lost"});
  }
  if (why.type == "too_large") {
    return answered({problem_code::limit_exceeded,
                     "the answer is too large to be passed on; send the request to " +
                         shown_owner(of.owner) + " (" + why.message + ")"});
  }
  answered(owner_unavailable(shown_owner(of.owner) +
                             " owns the store, but gives no answer; retry (" + why.message + ")"));
}

std::shared_ptr<client::transfer_loop> forwarder::loop() {
  const std::lock_guard lock{mutex_};
  if (!stopped_ && !loop_) loop_ = std::make_shared<client::transfer_loop>();
  return loop_;
}

void forwarder::stop() {
  end_reads();
  std::shared_ptr<client::transfer_loop> ended;
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    ended = std::move(loop_);
  }
}

}  // namespace pawl::server
