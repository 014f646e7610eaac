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

/// Keys of callers. A key is the text "pawl_<id>_<secret>"; it is shown once, when it is made, and
/// kept as a hash only.
namespace pawl::server {

/// The scope in a key's list that stands for all.
inline constexpr std::string_view every_scope = "*";

/// What is kept of a key.
struct stored_key {
  std::string id;    ///< 12 hexadecimal digits, a part of the key
  std::string name;  ///< for people; of one key only
  std::string hash;  ///< `hash_of_key`
  server::role role = role::reader;
  std::vector<std::string> scopes;  ///< names of scopes, or `every_scope`
  time_point created_at{};
  std::optional<time_point> expires_at;  ///< from then on it is refused

  [[nodiscard]] bool has_expired(time_point now) const noexcept {
    return expires_at && *expires_at <= now;
  }
};

struct new_key {
  stored_key stored;
  std::string text;  ///< the key itself
};

/// What a key is to be.
struct key_wish {
  std::string name;
  server::role role = role::reader;
  std::vector<std::string> scopes;
  std::optional<std::chrono::milliseconds> lasts = {};  ///< from `made_at` on; none: for ever
  time_point made_at{};
};

[[nodiscard]] std::optional<role> parse_role(std::string_view text) noexcept;

/// Makes a key with a secret from the operating system. Errors: `invalid_argument` for a name or
/// scope that is none; `io_failed` if there is no randomness.
[[nodiscard]] result<new_key> make_key(const key_wish& wish);

/// "sha256:" and 64 hexadecimal digits.
[[nodiscard]] std::string hash_of_key(std::string_view text);
/// Whether `text` is the key; takes as long for a wrong one, wherever it differs.
[[nodiscard]] bool is_key(const stored_key& key, std::string_view text);
/// The id that a text has where it has the form of a key; "" where it has not.
[[nodiscard]] std::string_view id_in_key(std::string_view text) noexcept;

/// What may be shown of a key: everything but its hash.
[[nodiscard]] json to_json(const stored_key& key);

/// Where the keys are: `server.keys_file`, or `keys.json` in the data folder; "" without either.
[[nodiscard]] std::filesystem::path keys_file_of(const settings& s);

/// The keys in a file; none if there is no file. Errors, which name the file: `invalid_argument`
/// if others than its owner may read or write it, `corrupt`, `io_failed`.
[[nodiscard]] result<std::vector<stored_key>> read_keys(const std::filesystem::path& file);

/// Reads the keys, has `how` change them, and writes them in place of the old ones, durable and
/// whole, in a file that only its owner may read. Changes of other processes wait meanwhile. Where
/// `how` returns an error, that is returned and nothing is written. Errors: as `read_keys`,
/// `storage_full`.
[[nodiscard]] result<void> change_keys(
    const std::filesystem::path& file,
    const std::function<result<void>(std::vector<stored_key>&)>& how);

}  // namespace pawl::server
