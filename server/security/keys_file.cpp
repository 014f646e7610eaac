#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "flow/values/parse_json.hpp"
#include "functions/secrets/private_file.hpp"
#include "server/security/keys.hpp"

namespace pawl::server {
namespace {

constexpr std::size_t max_keys_file_bytes = std::size_t{16} << 20;
constexpr int keys_file_version = 1;

std::string text_at(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

/// Parses a key; nothing if the object is invalid.
std::optional<stored_key> key_from(const json& object) {
  if (!object.is_object()) return std::nullopt;
  stored_key key;
  key.id = text_at(object, "id");
  key.name = text_at(object, "name");
  key.hash = text_at(object, "hash");
  const auto role = parse_role(text_at(object, "role"));
  const auto created = parse_rfc3339(text_at(object, "created_at"));
  const auto scopes = object.find("scopes");
  const auto expires = object.find("expires_at");
  const bool whole = !key.id.empty() && check_name(key.name, "key's name") &&
                     key.hash.size() == hash_of_key("").size() && role && created &&
                     scopes != object.end() && scopes->is_array() && expires != object.end();
  if (!whole) return std::nullopt;
  key.role = *role;
  key.created_at = *created;
  for (const auto& scope : *scopes) {
    if (!scope.is_string()) return std::nullopt;
    key.scopes.push_back(scope.get<std::string>());
  }
  if (!expires->is_null()) {
    // An unreadable expiry time must not become "never".
    const auto expiry = parse_rfc3339(text_at(object, "expires_at"));
    if (!expiry) return std::nullopt;
    key.expires_at = *expiry;
  }
  return key;
}

error damaged(const std::filesystem::path& file, const std::string& how) {
  return {errc::corrupt, "the key file " + file.string() + " is damaged: " + how +
                             "; restore it, or remove it and create keys with `pawl keys add`"};
}

bool has_duplicates(const std::vector<stored_key>& keys) {
  std::unordered_set<std::string_view> ids, names;
  return !std::all_of(keys.begin(), keys.end(), [&](const stored_key& key) {
    return ids.insert(key.id).second && names.insert(key.name).second;
  });
}

}  // namespace

result<std::vector<stored_key>> read_keys(const std::filesystem::path& file) {
  const auto content = functions::read_private_file(file, max_keys_file_bytes);
  if (!content && content.error().code == errc::not_found) return std::vector<stored_key>{};
  if (!content) return content.error();
  constexpr std::uint32_t max_depth = 16;
  const auto parsed = flow::parse_json(*content, "it", max_keys_file_bytes, max_depth);
  if (!parsed) return damaged(file, parsed.error().message);
  const json& whole = *parsed;
  const auto list = whole.is_object() ? whole.find("keys") : whole.end();
  if (!whole.is_object() || whole.value("version", json()) != keys_file_version ||
      list == whole.end() || !list->is_array()) {
    return damaged(file, "it is not a key file of version " + std::to_string(keys_file_version));
  }
  std::vector<stored_key> keys;
  for (const auto& object : *list) {
    auto key = key_from(object);
    if (!key) return damaged(file, "key " + std::to_string(keys.size() + 1) + " is invalid");
    keys.push_back(*std::move(key));
  }
  if (has_duplicates(keys)) return damaged(file, "two keys have the same id or name");
  return keys;
}

result<void> change_keys(const std::filesystem::path& file,
                         const std::function<result<void>(std::vector<stored_key>&)>& how) {
  return functions::with_file_locked(file, [&]() -> result<void> {
    auto keys = read_keys(file);
    if (!keys) return std::move(keys).error();
    if (auto changed = how(*keys); !changed) return changed;
    json list = json::array();
    for (const auto& key : *keys) {
      json object = to_json(key);
      object["hash"] = key.hash;
      list.push_back(std::move(object));
    }
    const json whole{{"version", keys_file_version}, {"keys", std::move(list)}};
    return functions::write_private_file(file, whole.dump(2) + "\n");
  });
}

}  // namespace pawl::server
