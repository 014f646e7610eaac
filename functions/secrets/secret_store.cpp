#include "functions/secrets/secret_store.hpp"

#include <algorithm>
#include <utility>

#include <pawl/detail/encoding.hpp>

namespace pawl::functions {
namespace {

error unknown_secret(const std::string& name, const scope_name& scope) {
  return {errc::not_found,
          "scope " + scope.str() + " has no secret " + name +
              "; add it to secrets.file, secrets.command or secrets.env, and reload the secrets",
          "unknown_secret"};
}

/// The forms of a secret that texts of Pawl can have.
void add_forms(const std::string& secret, std::vector<std::string>& to) {
  std::string without_controls = secret;
  for (char& c : without_controls)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  const std::string in_json = json(secret).dump();
  for (auto form : {secret, std::move(without_controls), detail::percent_encoded(secret),
                    in_json.substr(1, in_json.size() - 2)})
    if (std::find(to.begin(), to.end(), form) == to.end()) to.push_back(std::move(form));
}

/// Masks the beginning of a secret at the end of a text that was cut.
void mask_cut(const std::vector<std::string>& secrets, std::string& text) {
  constexpr std::string_view cut = "…";
  if (!text.ends_with(cut)) return;
  const std::size_t end = text.size() - cut.size();
  for (const auto& secret : secrets) {
    for (std::size_t size = std::min(secret.size() - 1, end); size >= min_secret_bytes; --size) {
      if (std::string_view{text}.substr(end - size, size) != secret.substr(0, size)) continue;
      text.replace(end - size, size, masked_secret);
      return;
    }
  }
}

void mask_text(const std::vector<std::string>& secrets, std::string& text) {
  for (const auto& secret : secrets) {
    for (auto at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + masked_secret.size()))
      text.replace(at, secret.size(), masked_secret);
  }
  mask_cut(secrets, text);
}

/// Whether a secret can be the text of a JSON number.
bool is_like_number(const std::string& secret) {
  return secret.front() == '-' || (secret.front() >= '0' && secret.front() <= '9');
}

/// Recursive; the depth of a value that a step returns is limited. `numbers`: whether a secret can
/// be a number.
void mask_value(const std::vector<std::string>& secrets, bool numbers, json& value) {
  if (auto* const text = value.get_ptr<std::string*>()) return mask_text(secrets, *text);
  if (value.is_number()) {
    if (numbers && std::find(secrets.begin(), secrets.end(), value.dump()) != secrets.end())
      value = masked_secret;
    return;
  }
  if (value.is_array()) {
    for (json& item : value) mask_value(secrets, numbers, item);
    return;
  }
  auto* const members = value.get_ptr<json::object_t*>();
  if (members == nullptr) return;
  for (auto at = members->begin(); at != members->end();) {
    mask_value(secrets, numbers, at->second);
    std::string name = at->first;
    mask_text(secrets, name);
    const auto next = std::next(at);
    if (name != at->first) {
      auto renamed = members->extract(at);
      renamed.key() = std::move(name);
      members->insert(std::move(renamed));
    }
    at = next;
  }
}

void mask_value(const std::vector<std::string>& secrets, json& value) {
  mask_value(secrets, std::any_of(secrets.begin(), secrets.end(), is_like_number), value);
}

}  // namespace

void secret_store::replace(secrets_by_scope all) {
  auto made = std::make_shared<table>();
  for (auto& [scope, by_name] : all) {
    scope_secrets& of = (*made)[scope];
    for (const auto& [name, secret] : by_name) of.known.push_back(secret);
    of.by_name = std::move(by_name);
  }
  const std::lock_guard lock{mutex_};
  // Calls that were made with replaced secrets may still return them.
  for (const auto& [scope, before] : *all_) {
    scope_secrets& of = (*made)[scope];
    const std::size_t most = of.by_name.size() + max_replaced_secrets;
    for (const auto& secret : before.known)
      if (of.known.size() < most &&
          std::find(of.known.begin(), of.known.end(), secret) == of.known.end())
        of.known.push_back(secret);
  }
  for (auto& [scope, of] : *made) {
    for (const auto& secret : of.known) add_forms(secret, of.longest_first);
    std::stable_sort(
        of.longest_first.begin(), of.longest_first.end(),
        [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  }
  all_ = std::move(made);
}

std::shared_ptr<const secret_store::table> secret_store::current() const {
  const std::lock_guard lock{mutex_};
  return all_;
}

result<void> secret_store::check(const flow::logic::secret_places& places,
                                 const scope_name& scope) const {
  const auto all = current();
  const auto of = all->find(scope.str());
  for (const auto& place : places)
    if (of == all->end() || !of->second.by_name.contains(place.name))
      return unknown_secret(place.name, scope);
  return {};
}

result<void> secret_store::fill(json& args, const flow::logic::secret_places& places,
                                const scope_name& scope) const {
  const auto all = current();
  const auto of = all->find(scope.str());
  for (const auto& place : places) {
    if (of == all->end()) return unknown_secret(place.name, scope);
    const auto secret = of->second.by_name.find(place.name);
    if (secret == of->second.by_name.end()) return unknown_secret(place.name, scope);
    json* at = &args;
    for (const auto& member : place.path) at = &(*at)[member];
    *at = place.before + secret->second + place.after;
  }
  return {};
}

void secret_store::mask(const scope_name& scope, json& value) const {
  const auto all = current();
  if (const auto of = all->find(scope.str()); of != all->end())
    mask_value(of->second.longest_first, value);
}

void secret_store::mask(const scope_name& scope, std::string& text) const {
  const auto all = current();
  if (const auto of = all->find(scope.str()); of != all->end())
    mask_text(of->second.longest_first, text);
}

void secret_store::mask(const scope_name& scope, error& why) const {
  const auto all = current();
  const auto of = all->find(scope.str());
  if (of == all->end()) return;
  const auto& secrets = of->second.longest_first;
  mask_text(secrets, why.message);
  mask_text(secrets, why.type);
  if (why.details) {
    json details = *why.details;
    mask_value(secrets, details);
    why.details = std::make_shared<const json>(std::move(details));
  }
  for (auto& diagnostic : why.diagnostics) {
    mask_text(secrets, diagnostic.pointer);
    mask_text(secrets, diagnostic.code);
    mask_text(secrets, diagnostic.message);
  }
}

}  // namespace pawl::functions
