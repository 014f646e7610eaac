#include "server/security/key_authenticator.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <spdlog/spdlog.h>

#include <pawl/code_ref.hpp>
#include <pawl/detail/log_context.hpp>

#include "server/http/ascii.hpp"
#include "server/security/origin.hpp"

namespace pawl::server {
namespace {

constexpr std::chrono::milliseconds check_interval{1'000};
// For callers that are already connected: a removed key must end them within a second.
constexpr std::chrono::milliseconds recheck_interval{250};
constexpr std::string_view challenge = "Bearer realm=\"pawl\"";

/// The token of "Bearer TOKEN" (RFC 6750, 2.1); nothing for any other form.
std::optional<std::string_view> bearer_token(std::string_view field) {
  constexpr std::string_view scheme = "Bearer";
  if (field.size() <= scheme.size() || field[scheme.size()] != ' ' ||
      !http::ascii_iequals(field.substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  return http::trimmed(field.substr(scheme.size()));
}

/// The value of the session's cookie in a field Cookie ("a=1; b=2"); nothing if it is not there.
std::optional<std::string_view> session_token(const http::fields& fields) {
  std::string_view rest = fields.find("Cookie").value_or("");
  while (!rest.empty()) {
    const auto end = std::min(rest.find(';'), rest.size());
    const auto pair = http::trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.size() > session_cookie.size() && pair.starts_with(session_cookie) &&
        pair[session_cookie.size()] == '=')
      return pair.substr(session_cookie.size() + 1);
  }
  return std::nullopt;
}

bool allows_scope(const stored_key& key, std::string_view scope) {
  return std::any_of(key.scopes.begin(), key.scopes.end(),
                     [&](const std::string& each) { return each == every_scope || each == scope; });
}

}  // namespace

struct key_authenticator::table {
  std::unordered_map<std::string_view, const stored_key*> by_id;
  std::vector<stored_key> keys;
  bool needed = false;

  explicit table(std::vector<stored_key> all, bool was_needed)
      : keys(std::move(all)), needed(was_needed || !keys.empty()) {
    for (const auto& key : keys) by_id.emplace(key.id, &key);
  }
  table(const table&) = delete;
  table& operator=(const table&) = delete;
};

key_authenticator::key_authenticator(key_authenticator_options options)
    : options_(std::move(options)),
      failures_(options_.max_failed_logins),
      sessions_(options_.sessions),
      table_(std::make_shared<const table>(std::vector<stored_key>{}, !options_.without_keys)) {}

result<std::unique_ptr<key_authenticator>> key_authenticator::open(
    key_authenticator_options options) {
  if (!options.now) {
    options.now = [] {
      return std::chrono::time_point_cast<std::chrono::microseconds>(
          std::chrono::system_clock::now());
    };
  }
  if (!options.ticks) options.ticks = &std::chrono::steady_clock::now;
  std::unique_ptr<key_authenticator> made{new key_authenticator{std::move(options)}};
  if (auto read = made->reload(); !read) return std::move(read).error();
  return made;
}

result<void> key_authenticator::reload() {
  if (options_.file.empty()) return {};
  const std::lock_guard reading{file_mutex_};
  checked_at_ = options_.ticks();
  loaded_stamp_ =
      functions::stamp_of(options_.file);  // before reading, so that no later change is missed
  auto keys = read_keys(options_.file);
  if (!keys) return std::move(keys).error();
  const bool were_needed = has_keys();
  if (were_needed && keys->empty()) {
    options_.log->warn("{} contains no keys; all requests are refused until a key is added",
                       options_.file.string());
  }
  auto fresh = std::make_shared<const table>(*std::move(keys), were_needed);
  const std::lock_guard lock{mutex_};
  table_ = std::move(fresh);
  return {};
}

bool key_authenticator::has_keys() const {
  return current()->needed;
}

std::shared_ptr<const key_authenticator::table> key_authenticator::current() const {
  const std::lock_guard lock{mutex_};
  return table_;
}

void key_authenticator::check_file(std::chrono::milliseconds interval) {
  if (options_.file.empty()) return;
  {
    const std::unique_lock checking{file_mutex_, std::try_to_lock};
    const auto now = options_.ticks();
    if (!checking || now - checked_at_ < interval) return;
    checked_at_ = now;
    if (functions::stamp_of(options_.file) == loaded_stamp_) return;
  }
  if (const auto read = reload(); read) {
    options_.log->info("reloaded the keys in {}", options_.file.string());
  } else {
    options_.log->error("cannot reload the keys; the loaded ones stay valid: {}",
                        read.error().message);
  }
}

std::variant<caller, problem> key_authenticator::authenticate(const http::request& request) {
  check_file(check_interval);
  const auto keys = current();
  if (!keys->needed) return options_.without_keys->authenticate(request);

  const auto field = request.fields.find("Authorization");
  if (!field) {
    const auto session = session_token(request.fields);
    return session ? by_session(*keys, request, *session) : refuse(request, rejection::none_given);
  }
  const auto token = bearer_token(*field);
  const auto id = token ? id_in_key(*token) : std::string_view{};
  if (id.empty()) return refuse(request, rejection::malformed);
  const auto found = keys->by_id.find(id);
  if (found == keys->by_id.end() || !is_key(*found->second, *token))
    return refuse(request, rejection::unknown);
  if (found->second->has_expired(options_.now()))
    return refuse(request, rejection::expired, found->second);
  return in_scope(*found->second, request);
}

std::variant<caller, problem> key_authenticator::by_session(const table& keys,
                                                            const http::request& request,
                                                            std::string_view token) {
  if (!is_from_own_page(request)) {
    return problem{problem_code::forbidden,
                   "a session is only for pages of this server; other clients send "
                   "Authorization: Bearer KEY"};
  }
  const auto ticks = options_.ticks();
  const auto open = sessions_.use(token, ticks);
  const auto found = open ? keys.by_id.find(open->key_id) : keys.by_id.end();
  if (found == keys.by_id.end() || found->second->hash != open->key_hash ||
      found->second->has_expired(options_.now())) {
    // No guess is counted: a token has 256 random bits, and browsers send old cookies.
    if (open) sessions_.close(open->id);
    problem ended{problem_code::unauthorized, "the session has ended; log in again"};
    ended.fields.add("WWW-Authenticate", std::string{challenge});
    ++refused_;
    return ended;
  }
  auto by = in_scope(*found->second, request);
  if (auto* const known = std::get_if<caller>(&by)) {
    known->session = open->id;
    const auto ends_at = options_.now() + std::chrono::duration_cast<std::chrono::microseconds>(
                                              open->ends_at - ticks);
    known->expires_at = std::min(known->expires_at.value_or(ends_at), ends_at);
  }
  return by;
}

std::variant<std::string, problem> key_authenticator::open_session(const caller& by) {
  if (by.key_id.empty()) return authenticator::open_session(by);
  if (!by.session.empty()) {
    return problem{problem_code::conflict,
                   "the request has a session already; a new one needs Authorization: Bearer KEY"};
  }
  auto token = sessions_.open(by.key_id, by.key_hash, options_.ticks());
  if (!token) return problem_of(token.error());
  return *std::move(token);
}

void key_authenticator::close_session(const caller& by) {
  sessions_.close(by.session);
}

std::optional<problem> key_authenticator::recheck(const caller& by) {
  check_file(recheck_interval);
  const auto keys = current();
  if (!keys->needed) return std::nullopt;
  const auto refused = [&](problem_code code, const std::string& what) {
    return problem{code, "the key " + pawl::quoted(by.name) + " " + what};
  };
  if (by.key_id.empty()) {
    return problem{problem_code::unauthorized,
                   "this server now requires a key; send Authorization: Bearer KEY"};
  }
  if (!by.session.empty() && !sessions_.is_open(by.session, options_.ticks()))
    return problem{problem_code::unauthorized, "the session has ended"};
  const auto found = keys->by_id.find(by.key_id);
  if (found == keys->by_id.end() || found->second->hash != by.key_hash)
    return refused(problem_code::unauthorized, "was removed");
  const stored_key& key = *found->second;
  if (key.has_expired(options_.now())) return refused(problem_code::unauthorized, "has expired");
  if (key.role < by.role) return refused(problem_code::forbidden, "has lost its role");
  if (!allows_scope(key, by.scope.str()))
    return refused(problem_code::forbidden, "is no longer valid for the scope");
  return std::nullopt;
}

problem key_authenticator::refuse(const http::request& request, rejection why,
                                  const stored_key* key) {
  ++refused_;
  problem refused{problem_code::unauthorized,
                  "authentication required: send Authorization: Bearer KEY; `pawl keys add` "
                  "creates a key"};
  refused.fields.add("WWW-Authenticate", std::string{challenge});
  // Not a guess: browsers and proxies send a first request without a key.
  if (why == rejection::none_given) return refused;

  const auto counted = failures_.count(request.peer, options_.ticks());
  const char* const what = why == rejection::malformed ? "malformed key"
                           : why == rejection::unknown ? "unknown key"
                                                       : "expired key";
  if (counted.should_log) {
    const detail::log_about here{{.request = request.id}};
    options_.log->warn("refused a request from {}: {}{}{}", pawl::quoted(request.peer), what,
                       key != nullptr ? " " + key->name : "",
                       counted.limited ? "; further failures are not logged for now" : "");
  }
  if (counted.limited) {
    refused = {problem_code::too_many_requests,
               "too many requests with an invalid key from this address; fix the key and retry "
               "later"};
    refused.fields.add("Retry-After", std::to_string(counted.retry_after.count()));
    return refused;
  }
  refused.detail = std::string{what} + "; `pawl keys add` creates a key";
  refused.fields.set("WWW-Authenticate", std::string{challenge} + ", error=\"invalid_token\"");
  return refused;
}

std::variant<caller, problem> key_authenticator::in_scope(const stored_key& key,
                                                          const http::request& request) const {
  auto scope = scope_of(request);
  if (!scope) return problem_of(scope.error());
  if (!request.fields.find("Pawl-Scope") && !allows_scope(key, scope->str())) {
    if (key.scopes.size() != 1) {
      return problem{problem_code::invalid_argument,
                     "this key is valid for several scopes; select one with the field Pawl-Scope"};
    }
    scope = scope_name{key.scopes.front()};
  }
  // The same message whether or not the scope exists.
  if (!allows_scope(key, scope->str())) {
    return problem{problem_code::forbidden,
                   "this key is not valid for the scope " + pawl::quoted(scope->str())};
  }
  return caller{key.name, key.role, *std::move(scope), allows_scope(key, every_scope),
                key.id,   key.hash, key.scopes,        key.expires_at};
}

}  // namespace pawl::server
