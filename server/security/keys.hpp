#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/settings.hpp>
#include <pawl/time.hpp>

#include "server/security/caller.hpp"

/// API keys. A key is the text "pawl_<id>_<secret>". It is shown once, when it is created, and
/// stored only as a hash.
namespace pawl::server {

/// Wildcard in a key's list of scopes.
inline constexpr std::string_view every_scope = "*";

/// The stored part of a key.
struct stored_key {
  std::string id;    ///< 12 hexadecimal digits, part of the key
  std::string name;  ///< unique display name
  std::string hash;  ///< `hash_of_key`
  server::role role = role::reader;
  std::vector<std::string> scopes;  ///< names of scopes, or `every_scope`
  time_point created_at{};
  std::optional<time_point> expires_at;  ///< refused from this time on

  [[nodiscard]] bool has_expired(time_point now) const noexcept {
    return expires_at && *expires_at <= now;
  }
};

struct new_key {
  stored_key stored;
  std::string text;  ///< the key itself
};

/// Properties of a new key.
struct key_options {
  std::string name;
  server::role role = role::reader;
  std::vector<std::string> scopes;
  std::optional<std::chrono::milliseconds> lifetime = {};  ///< none: does not expire
  time_point created_at{};
};

[[nodiscard]] std::optional<role> parse_role(std::string_view text) noexcept;

/// Creates a key with a random secret. Errors: `invalid_argument` for an invalid name or scope;
/// `io_failed` if the system provides no randomness.
[[nodiscard]] result<new_key> make_key(const key_options& options);

/// 64 random hexadecimal digits. Error: `io_failed` if the system provides no randomness.
[[nodiscard]] result<std::string> make_session_token();

/// "sha256:" and 64 hexadecimal digits.
[[nodiscard]] std::string hash_of_key(std::string_view text);
/// Whether `text` is the key. Compares in constant time.
[[nodiscard]] bool is_key(const stored_key& key, std::string_view text);
/// The id in a text that has the form of a key; "" for any other text.
[[nodiscard]] std::string_view id_in_key(std::string_view text) noexcept;

/// The public part of a key: everything except its hash.
[[nodiscard]] json to_json(const stored_key& key);

/// The key file: `server.keys_file`, or `keys.json` in the data folder; "" without either.
[[nodiscard]] std::filesystem::path keys_file_of(const settings& s);

/// Reads the keys in a file; none if the file is missing. Errors, which name the file:
/// `invalid_argument` if other users may read or write it, `corrupt`, `io_failed`.
[[nodiscard]] result<std::vector<stored_key>> read_keys(const std::filesystem::path& file);

/// Reads the keys, applies `how` and replaces the file atomically and durably, with mode 0600.
/// Locks out other processes meanwhile. If `how` returns an error, returns it and writes nothing.
/// Errors: as `read_keys`, `storage_full`.
[[nodiscard]] result<void> change_keys(
    const std::filesystem::path& file,
    const std::function<result<void>(std::vector<stored_key>&)>& how);

}  // namespace pawl::server
