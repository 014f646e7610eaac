#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.hpp>

#include "persistence/store.hpp"
#include "persistence/values/key_ring.hpp"

/// The keys that values of a store may be encrypted with. A record of `column::meta` lists their
/// ids and names; a key is listed before it encrypts the first value. So a store knows which key is
/// missing before it reads anything.
namespace pawl::persistence::values {

class value_codec;

struct key_in_use {
  key_id id = 0;
  std::string name;

  friend bool operator==(const key_in_use&, const key_in_use&) = default;
};

void encode_keys_in_use(const std::vector<key_in_use>& keys, std::string& to);
[[nodiscard]] std::string encode_keys_in_use(const std::vector<key_in_use>& keys);
/// Errors: `corrupt`, `schema_newer`.
[[nodiscard]] result<std::vector<key_in_use>> decode_keys_in_use(std::string_view bytes);

/// Errors: `corrupt`, `schema_newer`, `io_failed`.
[[nodiscard]] result<std::vector<key_in_use>> load_keys_in_use(const view& from);

/// Checks that `with` has each key of the store, except those that it names as dropped. Errors:
/// `invalid_argument`, with the name and the id of the missing key; as `load_keys_in_use`.
[[nodiscard]] result<void> check_keys(const view& from, const value_codec& with);

/// Lists the keys that `with` encrypts with, and makes that durable, if they are not listed yet. No
/// other call may use the store meanwhile. Errors: as `load_keys_in_use` and `store::write`.
[[nodiscard]] result<void> note_keys(store& to, const value_codec& with);

/// Lists exactly these keys, durably. Errors: as `store::write`.
[[nodiscard]] result<void> replace_keys(store& to, const std::vector<key_in_use>& keys);

}  // namespace pawl::persistence::values
