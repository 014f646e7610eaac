#include "server/security/keys.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include <pawl/code_ref.hpp>
#include <pawl/detail/hex.hpp>

namespace pawl::server {
namespace {

constexpr std::string_view key_prefix = "pawl_";
constexpr std::string_view hash_prefix = "sha256:";
constexpr std::size_t id_bytes = 6;
/// 192 bits, too many to guess.
constexpr std::size_t secret_bytes = 24;
constexpr std::size_t token_bytes = 32;
constexpr std::size_t key_length = key_prefix.size() + 2 * id_bytes + 1 + 2 * secret_bytes;

constexpr std::array all_roles{role::reader, role::operator_role, role::author, role::admin};

std::string to_hex(std::span<const unsigned char> bytes) {
  return detail::to_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

result<std::string> random_hex(std::size_t bytes) {
  std::array<unsigned char, token_bytes> drawn{};
  if (::getentropy(drawn.data(), bytes) != 0) {
    return error{errc::io_failed,
                 std::string{"cannot create a key: no random numbers: "} + std::strerror(errno)};
  }
  std::string text = to_hex({drawn.data(), bytes});
  OPENSSL_cleanse(drawn.data(), drawn.size());
  return text;
}

result<void> check_options(const key_options& options) {
  // Scope names and key names have the same rule: they are safe in a log and in a terminal.
  if (!parse_scope_name(options.name)) {
    return error{errc::invalid_argument, "invalid key name " + pawl::quoted(options.name) +
                                             "; use 1 to " + std::to_string(max_name_bytes) +
                                             " letters, digits, \".\", \"_\", \"-\" and \":\""};
  }
  if (options.scopes.empty())
    return error{errc::invalid_argument, "a key needs at least one scope; \"*\" means all"};
  for (const auto& scope : options.scopes) {
    if (scope == every_scope) continue;
    if (auto good = parse_scope_name(scope); !good) return std::move(good).error();
  }
  return {};
}

}  // namespace

std::optional<role> parse_role(std::string_view text) noexcept {
  const auto found = std::find_if(all_roles.begin(), all_roles.end(),
                                  [&](role r) { return to_string(r) == text; });
  return found == all_roles.end() ? std::nullopt : std::optional{*found};
}

result<std::string> make_session_token() {
  return random_hex(token_bytes);
}

result<new_key> make_key(const key_options& options) {
  if (auto good = check_options(options); !good) return std::move(good).error();
  auto id = random_hex(id_bytes);
  if (!id) return std::move(id).error();
  auto secret = random_hex(secret_bytes);
  if (!secret) return std::move(secret).error();
  new_key made;
  made.text = std::string{key_prefix} + *id + "_" + *secret;
  made.stored = {*std::move(id), options.name,   hash_of_key(made.text),
                 options.role,   options.scopes, options.created_at,
                 std::nullopt};
  if (options.lifetime) made.stored.expires_at = options.created_at + *options.lifetime;
  return made;
}

std::string hash_of_key(std::string_view text) {
  // One unsalted SHA-256 is enough: slow hashes and salts protect guessable passwords, not 192
  // random bits.
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return std::string{hash_prefix} + to_hex(digest);
}

bool is_key(const stored_key& key, std::string_view text) {
  const std::string hash = hash_of_key(text);
  return hash.size() == key.hash.size() &&
         ::CRYPTO_memcmp(hash.data(), key.hash.data(), hash.size()) == 0;
}

std::string_view id_in_key(std::string_view text) noexcept {
  if (text.size() != key_length || !text.starts_with(key_prefix)) return {};
  text.remove_prefix(key_prefix.size());
  const auto id = text.substr(0, 2 * id_bytes), secret = text.substr(2 * id_bytes + 1);
  return text[2 * id_bytes] == '_' && detail::is_lower_hex(id) && detail::is_lower_hex(secret)
             ? id
             : std::string_view{};
}

json to_json(const stored_key& key) {
  return {{"id", key.id},
          {"name", key.name},
          {"role", to_string(key.role)},
          {"scopes", key.scopes},
          {"created_at", to_rfc3339(key.created_at)},
          {"expires_at", key.expires_at ? json(to_rfc3339(*key.expires_at)) : json(nullptr)}};
}

std::filesystem::path keys_file_of(const settings& s) {
  if (!s.server.keys_file.empty()) return s.server.keys_file;
  return s.storage.data_dir.empty() ? std::filesystem::path{} : s.storage.data_dir / "keys.json";
}

}  // namespace pawl::server
