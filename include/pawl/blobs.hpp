#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <pawl/callback.hpp>
#include <pawl/detail/scope_ref.hpp>
#include <pawl/json.hpp>
#include <pawl/result.hpp>
#include <pawl/time.hpp>

/// Blobs: values that are too large for the data of runs. The store keeps each once, under the
/// SHA-256 of its bytes; data has a reference to it. See docs/blobs.md.
namespace pawl {

class scope;

/// The media type of a blob that is sent without one.
inline constexpr std::string_view default_blob_type = "application/octet-stream";

/// A blob.
struct blob_info {
  std::string hash;  ///< SHA-256, as 64 lower-case hexadecimal digits
  std::uint64_t size = 0;
  std::string type;  ///< media type
  time_point created_at{};

  friend bool operator==(const blob_info&, const blob_info&) = default;
};

/// The value that refers to a blob: {"$blob": "sha256:…", "size": 17, "type": "text/plain"}.
[[nodiscard]] json reference_to(const blob_info& blob);
/// The hash in a reference. Nothing if a value is not one: it is an object whose key "$blob" has
/// the form "sha256:" and 64 lower-case digits; other keys do not matter. Any other value is plain
/// data.
[[nodiscard]] std::optional<std::string> blob_in(const json& value);
/// The hash in "sha256:…", or 64 lower-case digits alone. Error: `invalid_argument`.
[[nodiscard]] result<std::string> parse_blob_hash(std::string_view text);

/// A blob that is being sent, in parts. Without `finish` nothing is stored: what was sent is
/// deleted when the last copy is destroyed. Copies are the same upload. Use it from one thread at a
/// time, and make each call after the answer to the one before.
class blob_upload {
 public:
  /// Adds bytes. At most 256 KiB are held in memory between two calls. Errors:
  /// `limit_exceeded` (`blobs.max_bytes`, `blobs.max_scope_bytes`), `overloaded`, `unavailable`,
  /// those of the store. After an error the upload cannot be continued.
  void write_async(std::string bytes, callback<void> done) const;
  result<void> write(std::string bytes) const;

  /// Makes the blob durable. A scope that has it already keeps that one, with its media type; if it
  /// is damaged, it gets the bytes that were sent.
  /// `hash`: refuse other bytes; empty: any. Errors: as `write_async`, and `invalid_argument`
  /// for another hash.
  void finish_async(const std::string& hash, callback<blob_info> done) const;
  result<blob_info> finish(const std::string& hash = {}) const;

 private:
  friend class scope_blobs;
  struct state;
  explicit blob_upload(std::shared_ptr<state> of) : state_(std::move(of)) {}

  std::shared_ptr<state> state_;
};

/// A part of a blob.
struct blob_part {
  std::string bytes;
  bool is_last = false;
};

/// The blobs of one scope. A handle: cheap to copy, safe for concurrent use, and valid after the
/// engine has stopped (every call then fails with `unavailable`).
///
/// A run that names a blob in its input, data or history holds it. A blob that no run holds is
/// deleted after `blobs.grace_ms`.
class scope_blobs {
 public:
  explicit scope_blobs(const scope& in);

  /// Begins an upload. Error: `invalid_argument`, if `type` is not a media type of at most 255
  /// printable ASCII characters.
  [[nodiscard]] result<blob_upload> begin(std::string type = std::string{default_blob_type}) const;
  /// Stores a blob that is in memory. Errors: as `begin` and `blob_upload`.
  result<blob_info> put(std::string bytes, std::string type = std::string{default_blob_type}) const;

  /// Describes a blob. `hash`: as in `blob_info`. Errors: `not_found`, `overloaded`, `unavailable`,
  /// those of the store.
  void get_async(const std::string& hash, callback<blob_info> done,
                 std::stop_token withdrawn = {}) const;
  [[nodiscard]] result<blob_info> get(const std::string& hash) const;

  /// Reads one part of a blob, of 256 KiB except for the last; the first is number 0. A blob that
  /// is read is not deleted for `blobs.grace_ms`. Errors: as `get_async`; `not_found` also for a
  /// part that the blob does not have.
  void read_async(const std::string& hash, std::uint32_t part, callback<blob_part> done,
                  std::stop_token withdrawn = {}) const;
  [[nodiscard]] result<blob_part> read(const std::string& hash, std::uint32_t part) const;
  /// Reads a whole blob into memory. Errors: as `read_async`.
  [[nodiscard]] result<std::string> read(const std::string& hash) const;

 private:
  detail::scope_ref at_;
};

}  // namespace pawl
