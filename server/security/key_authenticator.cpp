#include "server/security/key_authenticator.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <spdlog/spdlog.h>

#include <pawl/code_ref.hpp>
#include <pawl/detail/log_context.hpp>

#include "server/http/ascii.hpp"

namespace pawl::server {
namespace {

constexpr std::chrono::seconds look_every{1};
constexpr std::string_view challenge = "Bearer realm=\"pawl\"";

/// The token of "Bearer TOKEN" (RFC 6750, 2.1). Nothing for another scheme or form.
std::optional<std::string_view> bearer_token(std::string_view field) {
  constexpr std::string_view scheme = "Bearer";
  if (field.size() <= scheme.size() || field[scheme.size()] != ' ' ||
      !http::ascii_iequals(field.substr(0, scheme.size()), scheme)) {
    return std::nullopt;
  }
  return http::trimmed(field.substr(scheme.size()));
}

bool reaches(const stored_key& key, std::string_view scope) {
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

key_authenticator::key_authenticator(key_authenticator_parts parts)
    : parts_(std::move(parts)),
      failures_(parts_.max_failed_logins),
      table_(std::make_shared<const table>(std::vector<stored_key>{}, !parts_.without_keys)) {}

result<std::unique_ptr<key_authenticator>> key_authenticator::open(key_authenticator_parts parts) {
  if (!parts.now) {
    parts.now = [] {
      return std::chrono::time_point_cast<std::chrono::microseconds>(
          std::chrono::system_clock::now());
    };
  }
  if (!parts.ticks) parts.ticks = &std::chrono::steady_clock::now;
  std::unique_ptr<key_authenticator> made{new key_authenticator{std::move(parts)}};
  if (auto read = made->reload(); !read) return std::move(read).error();
  return made;
}

result<void> key_authenticator::reload() {
  if (parts_.file.empty()) return {};
  const std::lock_guard reading{reading_};
  looked_at_ = parts_.ticks();
  seen_ = stamp_of(parts_.file);  // before reading: what changes meanwhile is read again
  auto keys = read_keys(parts_.file);
  if (!keys) return std::move(keys).error();
  const bool were_needed = has_keys();
  if (were_needed && keys->empty()) {
    parts_.log->warn("{} has no keys any more: no request is let in until one is made",
                     parts_.file.string());
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

void key_authenticator::look_at_file() {
  if (parts_.file.empty()) return;
  {
    const std::unique_lock looking{reading_, std::try_to_lock};
    const auto now = parts_.ticks();
    if (!looking || now - looked_at_ < look_every) return;
    looked_at_ = now;
    if (stamp_of(parts_.file) == seen_) return;
  }
  if (const auto read = reload(); read) {
    parts_.log->info("the keys in {} were read again", parts_.file.string());
  } else {
    parts_.log->error("the keys stay as they were: {}", read.error().message);
  }
}

std::variant<caller, problem> key_authenticator::authenticate(const http::request& request) {
  look_at_file();
  const auto keys = current();
  if (!keys->needed) return parts_.without_keys->authenticate(request);

  const auto field = request.fields.find("Authorization");
  if (!field) return refuse(request, diagnostic::none_given);
  const auto token = bearer_token(*field);
  const auto id = token ? id_in_key(*token) : std::string_view{};
  if (id.empty()) return refuse(request, diagnostic::malformed);
  const auto found = keys->by_id.find(id);
  if (found == keys->by_id.end() || !is_key(*found->second, *token))
    return refuse(request, diagnostic::unknown);
  if (found->second->has_expired(parts_.now()))
    return refuse(request, diagnostic::expired, found->second);
  return in_scope(*found->second, request);
}

problem key_authenticator::refuse(const http::request& request, diagnostic why,
                                  const stored_key* key) {
  ++refused_;
  problem refused{problem_code::unauthorized,
                  "a key is needed: Authorization: Bearer KEY; `pawl keys add` makes one"};
  refused.fields.add("WWW-Authenticate", std::string{challenge});
  if (why == diagnostic::none_given) return refused;  // no guess: browsers and proxies ask first

  const auto counted = failures_.count(request.peer, parts_.ticks());
  const char* const what = why == diagnostic::malformed ? "has not the form of one"
                           : why == diagnostic::unknown ? "is not known"
                                                        : "has expired";
  if (counted.worth_telling) {
    const detail::log_about here{{.request = request.id}};
    parts_.log->warn("a request from {} is refused: its key {}{}{}", pawl::quoted(request.peer),
                     what, key != nullptr ? ": " + key->name : "",
                     counted.limited ? "; further ones are not logged for now" : "");
  }
  if (counted.limited) {
    refused = {problem_code::too_many_requests,
               "too many requests with a wrong key came from this address; put it right and try "
               "again later"};
    refused.fields.add("Retry-After", std::to_string(counted.retry_after.count()));
    return refused;
  }
  refused.detail = std::string{"the key "} + what + "; `pawl keys add` makes one";
  refused.fields.set("WWW-Authenticate", std::string{challenge} + ", error=\"invalid_token\"");
  return refused;
}

std::variant<caller, problem> key_authenticator::in_scope(const stored_key& key,
                                                          const http::request& request) const {
  auto scope = scope_of(request);
  if (!scope) return problem_of(scope.error());
  if (!request.fields.find("Pawl-Scope") && !reaches(key, scope->str())) {
    if (key.scopes.size() != 1) {
      return problem{problem_code::invalid_argument,
                     "this key is for several scopes; name one in the field Pawl-Scope"};
    }
    scope = scope_name{key.scopes.front()};
  }
  // The same words whether there is such a scope or not.
  if (!reaches(key, scope->str())) {
    return problem{problem_code::forbidden,
                   "this key is not for the scope " + pawl::quoted(scope->str())};
  }
  return caller{key.name, key.role, *std::move(scope)};
}

}  // namespace pawl::server
