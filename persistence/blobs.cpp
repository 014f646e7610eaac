#include "persistence/blobs.hpp"

#include <algorithm>
#include <utility>

#include <pawl/detail/hex.hpp>

#include "persistence/keys.hpp"
#include "persistence/record.hpp"

namespace pawl::persistence {
namespace {

constexpr std::uint8_t blob_head_version = 1;
constexpr std::uint8_t blob_chunk_version = 1;

blob_head decode_blob_head_v1(byte_reader& from) {
  blob_head head;
  head.content = from.bytes(keys::blob_content_bytes);
  head.size = from.varint();
  head.type = from.text();
  head.created_at = from.time();
  head.used_at = from.time(head.created_at);
  return head;
}

std::string decode_blob_chunk_v1(byte_reader& from) {
  return std::string{from.bytes(from.left())};
}

std::string described(const blob_key& key) {
  return "blob sha256:" + detail::to_hex(key.hash);
}

/// In CBOR, a pair of a map: the text "$blob" and a text of 71 bytes. The head of the first text
/// comes before it.
constexpr char head_of_key = '\x65';
constexpr std::string_view pair_begin = "$blob\x78\x47sha256:";
constexpr std::size_t hash_digits = 2 * keys::blob_hash_bytes;

}  // namespace

std::string encode_blob_head(const blob_head& head) {
  std::string record;
  record_writer out{record, record_kind::blob_head, blob_head_version};
  out.bytes(head.content);
  out.varint(head.size);
  out.text(head.type);
  out.time(head.created_at);
  out.time(head.used_at, head.created_at);
  out.finish();
  return record;
}

result<blob_head> decode_blob_head(std::string_view bytes) {
  return decode_record<blob_head>(record_kind::blob_head, bytes, {decode_blob_head_v1});
}

std::string encode_blob_chunk(std::string_view bytes) {
  std::string record;
  record.reserve(bytes.size() + 16);
  record_writer out{record, record_kind::blob_chunk, blob_chunk_version};
  out.bytes(bytes);
  out.finish();
  return record;
}

result<std::string> decode_blob_chunk(std::string_view record) {
  return decode_record<std::string>(record_kind::blob_chunk, record, {decode_blob_chunk_v1});
}

void put_blob_head(batch& to, const blob_key& key, const blob_head& head) {
  to.put_of(key.scope, column::blobs, keys::blob_head(key.scope, key.hash), encode_blob_head(head));
}

void put_blob_chunk(batch& to, const scope_name& scope, std::string_view content,
                    std::uint32_t number, std::string_view bytes) {
  to.put_of(scope, column::blobs, keys::blob_chunk(scope, content, number),
            encode_blob_chunk(bytes));
}

result<std::optional<blob_head>> load_blob(const view& from, const blob_key& key) {
  const auto bytes = from.get(column::blobs, keys::blob_head(key.scope, key.hash));
  if (!bytes) return bytes.error();
  if (!*bytes) return std::optional<blob_head>{};
  auto head = decode_blob_head(**bytes);
  if (!head) return error{head.error().code, described(key) + ": " + head.error().message};
  return std::optional{*std::move(head)};
}

result<std::string> load_blob_chunk(const view& from, const scope_name& scope,
                                    const blob_head& head, std::uint32_t number) {
  const auto record = from.get(column::blobs, keys::blob_chunk(scope, head.content, number));
  if (!record) return record.error();
  if (!*record) return error{errc::not_found, "the blob was deleted while it was read"};
  return decode_blob_chunk(**record);
}

result<bool> is_blob_held(const view& from, const blob_key& key) {
  bool held = false;
  const auto scanned = from.scan(column::indexes, keys::holders(key.scope, key.hash),
                                 [&](std::string_view, std::string_view) {
                                   held = true;
                                   return view::next::stop;
                                 });
  if (!scanned) return scanned.error();
  return held;
}

result<bool> erase_loose_chunks(const view& from, const scope_name& scope, std::string_view content,
                                std::size_t most, batch& to) {
  // If they are not loose, they belong to a blob, or are erased already.
  const std::string entry = keys::loose_chunks(scope, content);
  view::range entries{entry, entry + '\0'};
  entries.stored = true;
  bool are_loose = false;
  const auto looked =
      from.scan(column::blobs, entries, [&](std::string_view key, std::string_view) {
        are_loose = key == entry;
        return view::next::stop;
      });
  if (!looked) return looked.error();
  if (!are_loose) return true;
  bool done = true;
  view::range chunks = keys::blob_chunks(scope, content);
  chunks.stored = true;
  const auto scanned =
      from.scan(column::blobs, chunks, [&](std::string_view key, std::string_view) {
        if (most == 0) {
          done = false;
          return view::next::stop;
        }
        --most;
        to.erase(column::blobs, std::string{key});
        return view::next::more;
      });
  if (!scanned) return scanned.error();
  if (done) to.erase(column::blobs, entry);
  return done;
}

void erase_blob(batch& to, const blob_key& key, const blob_head& head) {
  to.erase(column::blobs, keys::blob_head(key.scope, key.hash));
  to.put_of(key.scope, column::blobs, keys::loose_chunks(key.scope, head.content), {});
}

std::vector<std::string> blobs_named_in(std::string_view record) {
  std::vector<std::string> names;
  for (auto at = record.find(pair_begin); at != record.npos;
       at = record.find(pair_begin, at + pair_begin.size())) {
    if (at == 0 || record[at - 1] != head_of_key) continue;
    const auto digits = record.substr(at + pair_begin.size(), hash_digits);
    if (digits.size() < hash_digits) continue;
    auto hash = detail::from_hex(digits);
    if (hash) names.push_back(*std::move(hash));
  }
  // A record may have very many.
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

void hold_named_blobs(batch& to, const run_key& run, std::string_view run_hash,
                      std::uint64_t sequence, std::string_view record) {
  for (const auto& blob : blobs_named_in(record)) {
    to.put_of(run.scope, column::checkpoints, keys::named_blob(run_hash, blob, sequence), {});
    to.put(column::indexes, keys::held_blob(run, blob, sequence), {});
  }
}

result<void> release_pruned_blobs(batch& to, const view& from, const run_key& run,
                                  std::string_view run_hash, const std::vector<std::string>& names,
                                  std::string_view base, std::uint64_t last) {
  const auto still_named = blobs_named_in(base);
  for (const auto& blob : names) {
    // The entry of the input stays. Of the others, the state needs one.
    bool needs_one = std::binary_search(still_named.begin(), still_named.end(), blob);
    view::range entries = keys::named_blobs(run_hash, blob, last);
    entries.reverse = true;
    const auto scanned =
        from.scan(column::checkpoints, entries, [&](std::string_view key, std::string_view) {
          const auto naming = keys::blob_naming_of(key);
          if (!naming || naming->sequence == 0) return view::next::stop;
          if (std::exchange(needs_one, false)) return view::next::more;
          to.erase(column::checkpoints, std::string{key});
          to.erase(column::indexes, keys::held_blob(run, blob, naming->sequence));
          return view::next::more;
        });
    if (!scanned) return scanned;
  }
  return {};
}

}  // namespace pawl::persistence
