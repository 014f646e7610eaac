#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <pawl/result.hpp>

#include "persistence/values/cipher.hpp"

namespace pawl::persistence::values {

/// Identifies a key in stored values: 32 bits of its SHA-256.
using key_id = std::uint32_t;

/// As 8 hexadecimal digits.
[[nodiscard]] std::string id_text(key_id id);
/// As messages show a key: "key k1 (id 0a1b2c3d)".
[[nodiscard]] std::string to_text(std::string_view name, key_id id);

struct named_key {
  std::string name;
  key_id id = 0;
  std::string scope;  ///< the scope whose runs it encrypts; empty: all without a key of their own
  std::shared_ptr<const cipher> with;
};

/// The keys of `storage.keys`. Immutable, so thread-safe.
class key_ring {
 public:
  /// Reads the text of a key file: a line for each key, `NAME KEY [SCOPE]`. KEY has 64 hexadecimal
  /// digits, or is the word `dropped`. Empty lines and those that begin with # are skipped.
  /// `source` names the file in messages, none of which has a key. Error: `invalid_argument`.
  [[nodiscard]] static result<key_ring> parse(std::string_view text, std::string source);

  /// The first key without a scope.
  [[nodiscard]] const named_key& first() const noexcept { return keys_[first_]; }
  /// The first key of the scope, else `first`.
  [[nodiscard]] const named_key& of_scope(std::string_view scope) const noexcept;
  /// The keys that encrypt new values: `first` and the first of each scope, in their order.
  [[nodiscard]] std::vector<const named_key*> writing() const;

  /// The key with this id, or null.
  [[nodiscard]] const named_key* find(key_id id) const noexcept;
  /// Whether a line says that the key with this name is dropped by intent.
  [[nodiscard]] bool is_dropped(std::string_view name) const noexcept {
    return dropped_.contains(name);
  }
  /// The name of the file.
  [[nodiscard]] const std::string& source() const noexcept { return source_; }

 private:
  explicit key_ring(std::string source) : source_(std::move(source)) {}

  /// Adds a line. Returns what is wrong with it; empty: nothing.
  [[nodiscard]] std::string add(std::string_view line);

  std::string source_;
  std::vector<named_key> keys_;
  std::size_t first_ = 0;
  std::unordered_map<key_id, std::size_t> by_id_;
  std::map<std::string, std::size_t, std::less<>> by_scope_;
  std::set<std::string, std::less<>> names_, dropped_;
};

}  // namespace pawl::persistence::values
