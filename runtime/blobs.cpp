#include <algorithm>
#include <memory>
#include <utility>

#include <pawl/blobs.hpp>
#include <pawl/detail/hex.hpp>
#include <pawl/detail/sha256.hpp>
#include <pawl/scope.hpp>

#include "actors/engine_context.hpp"
#include "persistence/blobs.hpp"
#include "runtime/async.hpp"
#include "runtime/queries/reading.hpp"
#include "runtime/upload_place.hpp"

namespace pawl {
namespace {

constexpr std::size_t max_type_bytes = 255;

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != marks.npos;
  });
}

/// Two tokens with "/" between them (RFC 9110, 8.3.1), and parameters, which are not checked.
result<void> check_type(std::string_view type) {
  const bool is_printable =
      std::all_of(type.begin(), type.end(), [](char c) { return c >= ' ' && c <= '~'; });
  std::string_view name = type.substr(0, type.find(';'));
  while (name.ends_with(' ')) name.remove_suffix(1);
  const auto slash = name.find('/');
  const bool is_type =
      slash != name.npos && is_token(name.substr(0, slash)) && is_token(name.substr(slash + 1));
  if (type.size() <= max_type_bytes && is_printable && is_type) return {};
  return error{errc::invalid_argument,
               "the media type of a blob has the form \"image/png\", and at most 255 printable "
               "ASCII characters"};
}

blob_info info_of(const std::string& hash, const persistence::blob_head& head) {
  return {hash, head.size, head.type, head.created_at};
}

/// The key of a blob. Error: `invalid_argument`.
result<persistence::blob_key> key_of(const detail::scope_ref& at, const std::string& hash) {
  const auto digits = parse_blob_hash(hash);
  if (!digits) return digits.error();
  return persistence::blob_key{at.name, detail::from_hex(*digits).value()};
}

error no_such_blob(const std::string& hash) {
  return {errc::not_found, "no such blob: sha256:" + hash};
}

/// Reads a part of a blob; without `part`, its head alone.
result<std::pair<persistence::blob_head, blob_part>> read_blob(const engine_core& core,
                                                               const persistence::blob_key& key,
                                                               std::optional<std::uint32_t> part) {
  const auto r = begin_reading(core);
  if (!r) return r.error();
  const std::string hash = detail::to_hex(key.hash);
  const auto head = persistence::load_blob(*r->now, key);
  if (!head) return head.error();
  if (!*head) return no_such_blob(hash);
  std::pair<persistence::blob_head, blob_part> found{**head, {}};
  if (!part) return found;
  const std::uint32_t parts = persistence::blob_chunks_of(found.first.size);
  // An empty blob has one empty part.
  found.second.is_last = *part + 1 >= parts;
  if (*part == 0 && parts == 0) return found;
  if (*part >= parts) {
    return error{errc::not_found, "the blob sha256:" + hash + " has " + std::to_string(parts) +
                                      " parts, and no part " + std::to_string(*part)};
  }
  // If it is being deleted, its chunks are still in this view.
  static_cast<void>(r->context->blobs.touch(key, r->context->clock->now()));
  auto bytes = persistence::load_blob_chunk(*r->now, key.scope, found.first, *part);
  if (!bytes) return std::move(bytes).error();
  found.second.bytes = *std::move(bytes);
  return found;
}

}  // namespace

struct blob_upload::state : std::enable_shared_from_this<blob_upload::state> {
  state(detail::scope_ref of, std::string with_type)
      : at(std::move(of)), type(std::move(with_type)) {
    const std::string unique = at.core->ids->next({}).str() + std::to_string(at.core->draw());
    content = detail::sha256_bytes(unique).substr(0, persistence::keys::blob_content_bytes);
  }
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    if (chunks > 0 && !is_finished) at.core->drop_blob_upload(at.name, content);
  }

  /// Takes a place among the calls in flight, unless it has one. Errors: `overloaded`,
  /// `unavailable`.
  result<void> take_place(std::uint64_t bytes) {
    if (place) return {};
    auto taken = at.core->admit_upload(at.name, bytes);
    if (!taken) return std::move(taken).error();
    place = *std::move(taken);
    return {};
  }

  /// Writes the complete chunks that are in the buffer, except for the last, one after the other.
  void write_full(const callback<void>& done) {
    if (buffer.size() - written <= persistence::blob_chunk_bytes) {
      buffer.erase(0, std::exchange(written, 0));
      return done({});
    }
    if (const auto taken = take_place(persistence::blob_chunk_bytes); !taken) {
      failure = taken.error();
      return done(taken.error());
    }
    auto chunk =
        std::make_shared<const std::string>(buffer.substr(written, persistence::blob_chunk_bytes));
    written += persistence::blob_chunk_bytes;
    at.core->write_blob_chunk(*place, at.name, content, chunks++, std::move(chunk),
                              [self = shared_from_this(), done](const result<void>& stored) {
                                if (!stored) {
                                  self->failure = stored.error();
                                  return done(stored.error());
                                }
                                self->write_full(done);
                              });
  }

  const detail::scope_ref at;
  const std::string type;
  std::string content;  ///< id of its chunks
  detail::sha256_sum sum;
  std::string buffer;       ///< bytes that are not written, after `written` others
  std::size_t written = 0;  ///< bytes at the beginning of the buffer that are; 0 between two calls
  std::shared_ptr<const upload_place> place;  ///< from the first call to the store on
  std::uint64_t size = 0;
  std::uint32_t chunks = 0;  ///< that are sent to the store
  bool is_finished = false;
  std::optional<error> failure;
};

void blob_upload::write_async(std::string bytes, callback<void> done) const {
  state& to = *state_;
  if (to.failure) return done(*to.failure);
  const std::uint64_t most = to.at.core->settings.blobs.max_bytes;
  if (bytes.size() > most - to.size) {
    to.failure = error{errc::limit_exceeded,
                       "a blob has at most " + std::to_string(most) + " bytes (blobs.max_bytes)"};
    return done(*to.failure);
  }
  to.size += bytes.size();
  to.sum.add(bytes);
  if (to.buffer.empty()) {
    to.buffer = std::move(bytes);
  } else {
    to.buffer += bytes;
  }
  to.write_full(done);
}

result<void> blob_upload::write(std::string bytes) const {
  return await<void>([&](callback<void> done) { write_async(std::move(bytes), std::move(done)); });
}

void blob_upload::finish_async(const std::string& hash, callback<blob_info> done) const {
  state& of = *state_;
  if (of.failure) return done(*of.failure);
  const persistence::blob_key key{of.at.name, of.sum.finish()};
  const std::string found = detail::to_hex(key.hash);
  of.failure = error{errc::illegal_transition, "this upload of a blob has ended"};
  if (!hash.empty() && hash != found) {
    return done(
        error{errc::invalid_argument, "the bytes that were sent have the hash sha256:" + found +
                                          ", not sha256:" + hash + "; nothing was stored"});
  }
  const auto last = std::make_shared<const std::string>(std::move(of.buffer));
  // The chunks belong to the blob, or are deleted with the upload.
  if (const auto taken = of.take_place(last->size()); !taken) return done(taken.error());
  of.at.core->finish_blob(
      *of.place, key, {of.content, of.size, of.type, {}, {}}, last,
      [self = state_, found, done = std::move(done)](const result<persistence::blob_head>& made) {
        self->place.reset();
        if (!made) return done(made.error());
        self->is_finished = true;
        done(info_of(found, *made));
      });
}

result<blob_info> blob_upload::finish(const std::string& hash) const {
  return await<blob_info>([&](callback<blob_info> done) { finish_async(hash, std::move(done)); });
}

scope_blobs::scope_blobs(const scope& in) : at_(in.ref()) {}

result<blob_upload> scope_blobs::begin(std::string type) const {
  if (auto good = check_type(type); !good) return std::move(good).error();
  return blob_upload{std::make_shared<blob_upload::state>(at_, std::move(type))};
}

result<blob_info> scope_blobs::put(std::string bytes, std::string type) const {
  const auto upload = begin(std::move(type));
  if (!upload) return upload.error();
  if (auto written = upload->write(std::move(bytes)); !written) return std::move(written).error();
  return upload->finish();
}

void scope_blobs::get_async(const std::string& hash, callback<blob_info> done,
                            std::stop_token withdrawn) const {
  const auto key = key_of(at_, hash);
  if (!key) return done(key.error());
  read_later<blob_info>(*at_.core, {at_.name, "blobs.get", query_cost::point, std::move(withdrawn)},
                        std::move(done), [at = at_, key = *key]() -> result<blob_info> {
                          const auto found = read_blob(*at.core, key, std::nullopt);
                          if (!found) return found.error();
                          return info_of(detail::to_hex(key.hash), found->first);
                        });
}

result<blob_info> scope_blobs::get(const std::string& hash) const {
  return await<blob_info>([&](callback<blob_info> done) { get_async(hash, std::move(done)); });
}

void scope_blobs::read_async(const std::string& hash, std::uint32_t part, callback<blob_part> done,
                             std::stop_token withdrawn) const {
  const auto key = key_of(at_, hash);
  if (!key) return done(key.error());
  read_later<blob_part>(*at_.core,
                        {at_.name, "blobs.read", query_cost::point, std::move(withdrawn)},
                        std::move(done), [at = at_, key = *key, part]() -> result<blob_part> {
                          auto found = read_blob(*at.core, key, part);
                          if (!found) return std::move(found).error();
                          return std::move(found->second);
                        });
}

result<blob_part> scope_blobs::read(const std::string& hash, std::uint32_t part) const {
  return await<blob_part>(
      [&](callback<blob_part> done) { read_async(hash, part, std::move(done)); });
}

result<std::string> scope_blobs::read(const std::string& hash) const {
  std::string all;
  for (std::uint32_t part = 0;; ++part) {
    const auto next = read(hash, part);
    if (!next) return next.error();
    all += next->bytes;
    if (next->is_last) return all;
  }
}

}  // namespace pawl
