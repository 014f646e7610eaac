#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "persistence/store.hpp"
#include "persistence/values/key_ring.hpp"

/// How the values of a store are stored: compressed, encrypted, both, or as they are. A store codes
/// them when it writes and reads, so nothing above it knows. A stored value whose first byte is not
/// 0 is the value itself: no record begins with 0. Others begin with
///
///     0 | form (1 byte) | with an encrypted value: id of the key (4 bytes, high first)
///
/// and go on with the value, or with its frame of Zstandard (zstandard.hpp), encrypted or not
/// (cipher.hpp). An encrypted value is bound to its header, column and key in the store: moved
/// elsewhere it does not open. Empty values, `column::meta` and counters are stored as they are.
namespace pawl::persistence::values {

/// The bits of the form. They are stored: their meaning never changes.
struct form_has {
  static constexpr unsigned char compressed = 1, encrypted = 2, all = 3;
};

/// Where a value is.
struct place {
  column where;
  std::string_view key;
};

/// How a value is stored.
struct stored_form {
  bool is_compressed = false;  ///< as far as it can be seen: the form of an encrypted value, too
  std::optional<key_id> key = {};
};
[[nodiscard]] stored_form form_of(column where, std::string_view stored) noexcept;

/// Immutable and thread-safe. In the steady state nothing is allocated: the work is done in buffers
/// of the caller and of the thread.
class value_codec {
 public:
  /// `keys`: null: values are not encrypted.
  explicit value_codec(bool compresses = false, std::shared_ptr<const key_ring> keys = nullptr);

  [[nodiscard]] const key_ring* keys() const noexcept { return keys_.get(); }

  /// The bytes to store for a value: `value` itself, or in `buffer`. `scope` is that of its run
  /// or blob, in `column::checkpoints` and `column::blobs` only. Nothing if it cannot be encrypted,
  /// because OpenSSL has no random numbers.
  [[nodiscard]] std::optional<std::string_view> to_stored(place at, std::string_view scope,
                                                          std::string_view value,
                                                          std::string& buffer) const;

  /// The value of stored bytes: they themselves, in `buffer`, or what unopened.hpp describes.
  [[nodiscard]] std::string_view from_stored(place at, std::string_view stored,
                                             std::string& buffer) const;

  /// Whether stored bytes are encrypted with the key that `to_stored` takes for them, if it takes
  /// one.
  [[nodiscard]] bool is_current(column where, std::string_view scope,
                                std::string_view stored) const noexcept;

 private:
  [[nodiscard]] const named_key* key_for(column where, std::string_view scope) const noexcept;

  const bool compresses_;
  const std::shared_ptr<const key_ring> keys_;
};

/// The error of a write for which `to_stored` returned nothing.
[[nodiscard]] error cannot_encrypt();

}  // namespace pawl::persistence::values
