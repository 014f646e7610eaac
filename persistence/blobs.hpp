#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/ids.hpp>
#include <pawl/result.hpp>
#include <pawl/time.hpp>

#include "persistence/store.hpp"

/// Blobs: large values, stored once in their scope under the SHA-256 of their bytes, in chunks, so
/// that no blob need be in memory as a whole. Data refers to one by `{"$blob": "sha256:…"}`.
///
/// A run holds the blobs that its records name: each of its checkpoints, its input, and its state.
/// For each name of a record there is one entry with the records of the run and one with the blob,
/// written and erased together, in the batch that writes or erases the record. So entries are never
/// counted up and down: the holders of a blob are those whose entries are there. What a record
/// names is found in its bytes: a pair of a map with the key "$blob" and a text of that form. Other
/// bytes that look the same hold a blob as long as their run exists, which does no harm.
///
/// A blob is two things: a head, which exists from the end of its upload until it is deleted, and
/// chunks under an id of their own. Chunks without a head are listed as loose: those of an upload
/// that has not ended, and those of a deleted blob until they are erased.
namespace pawl::persistence {

/// Identifies a blob. `hash`: 32 bytes.
struct blob_key {
  scope_name scope;
  std::string hash;

  friend auto operator<=>(const blob_key&, const blob_key&) = default;
  friend bool operator==(const blob_key&, const blob_key&) = default;
};

inline constexpr std::size_t blob_chunk_bytes = std::size_t{256} << 10;

struct blob_head {
  std::string content;  ///< id of its chunks, `keys::blob_content_bytes` bytes
  std::uint64_t size = 0;
  std::string type;  ///< media type
  time_point created_at{};
  time_point used_at{};  ///< when it was sent the last time

  friend bool operator==(const blob_head&, const blob_head&) = default;
};
[[nodiscard]] std::string encode_blob_head(const blob_head& head);
[[nodiscard]] result<blob_head> decode_blob_head(std::string_view bytes);
[[nodiscard]] std::string encode_blob_chunk(std::string_view bytes);
[[nodiscard]] result<std::string> decode_blob_chunk(std::string_view record);

/// The number of chunks of a blob of a size. All but the last have `blob_chunk_bytes`.
[[nodiscard]] constexpr std::uint32_t blob_chunks_of(std::uint64_t size) noexcept {
  return static_cast<std::uint32_t>((size + blob_chunk_bytes - 1) / blob_chunk_bytes);
}

void put_blob_head(batch& to, const blob_key& key, const blob_head& head);
void put_blob_chunk(batch& to, const scope_name& scope, std::string_view content,
                    std::uint32_t number, std::string_view bytes);

/// Nothing if there is no such blob. Errors: `corrupt`, `not_supported` (its key is dropped),
/// `io_failed`.
[[nodiscard]] result<std::optional<blob_head>> load_blob(const view& from, const blob_key& key);
/// A chunk of a blob. Errors: as `load_blob`, and `not_found` if the blob was deleted.
[[nodiscard]] result<std::string> load_blob_chunk(const view& from, const scope_name& scope,
                                                  const blob_head& head, std::uint32_t number);
/// Whether a run holds the blob. Errors: `io_failed`.
[[nodiscard]] result<bool> is_blob_held(const view& from, const blob_key& key);

/// Erases up to `most` chunks, and when none is left the entry that lists them as loose. Returns
/// whether that is done. Nothing is to be done without that entry: an upload whose end seemed to
/// fail may have become a blob. Errors: `io_failed`.
[[nodiscard]] result<bool> erase_loose_chunks(const view& from, const scope_name& scope,
                                              std::string_view content, std::size_t most,
                                              batch& to);
/// Deletes a blob that no run holds: its chunks become loose.
void erase_blob(batch& to, const blob_key& key, const blob_head& head);

/// The hashes of the blobs that an encoded record names, each once.
[[nodiscard]] std::vector<std::string> blobs_named_in(std::string_view record);
/// Adds the entries of the blobs that a record of a run names. `sequence`: the number of the
/// checkpoint; 0: its input.
void hold_named_blobs(batch& to, const run_key& run, std::string_view run_hash,
                      std::uint64_t sequence, std::string_view record);
/// Erases entries of the blobs that the pruned records of a run have named and its oldest state
/// does not. `names`: of these records. `base`: that state, encoded, after checkpoint `last`, the
/// last one that is pruned. Errors: `io_failed`.
[[nodiscard]] result<void> release_pruned_blobs(batch& to, const view& from, const run_key& run,
                                                std::string_view run_hash,
                                                const std::vector<std::string>& names,
                                                std::string_view base, std::uint64_t last);

}  // namespace pawl::persistence
