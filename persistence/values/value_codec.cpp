#include "persistence/values/value_codec.hpp"

#include <utility>

#include "persistence/values/unopened.hpp"
#include "persistence/values/zstandard.hpp"

namespace pawl::persistence::values {
namespace {

constexpr std::size_t form_bytes = 2;
constexpr std::size_t id_bytes = 4;

/// Memory of a thread beyond this is released after use.
constexpr std::size_t kept_bytes = std::size_t{8} << 20;

/// Buffers of a thread.
struct scratch {
  std::string bound_to;
  std::string packed;
};

scratch& scratch_of_thread() {
  thread_local scratch mine;
  return mine;
}

void release_large(std::string& buffer) {
  if (buffer.capacity() > kept_bytes) std::string{}.swap(buffer);
}

bool is_coded(column where) noexcept {
  return where != column::meta && where != column::counters;
}

void start(std::string& buffer, unsigned char form) {
  buffer.clear();
  buffer.push_back('\0');
  buffer.push_back(static_cast<char>(form));
}

key_id id_in(std::string_view header) noexcept {
  key_id id = 0;
  for (std::size_t i = 0; i < id_bytes; ++i)
    id = id << 8 | static_cast<unsigned char>(header[form_bytes + i]);
  return id;
}

/// What an encrypted value is bound to.
std::string_view bound_to(std::string_view header, place at) {
  std::string& all = scratch_of_thread().bound_to;
  all.assign(header);
  all.push_back(static_cast<char>(at.where));
  all.append(at.key);
  return all;
}

}  // namespace

stored_form form_of(column where, std::string_view stored) noexcept {
  if (!is_coded(where) || stored.size() < form_bytes || stored.front() != '\0') return {};
  const auto form = static_cast<unsigned char>(stored[1]);
  if (form > form_has::all) return {};
  stored_form found{(form & form_has::compressed) != 0, {}};
  if ((form & form_has::encrypted) != 0 && stored.size() >= form_bytes + id_bytes)
    found.key = id_in(stored);
  return found;
}

value_codec::value_codec(bool compresses, std::shared_ptr<const key_ring> keys)
    : compresses_(compresses), keys_(std::move(keys)) {}

const named_key* value_codec::key_for(column where, std::string_view scope) const noexcept {
  if (!keys_) return nullptr;
  const bool is_of_scope = where == column::checkpoints || where == column::blobs;
  return is_of_scope ? &keys_->of_scope(scope) : &keys_->first();
}

std::optional<std::string_view> value_codec::to_stored(place at, std::string_view scope,
                                                       std::string_view value,
                                                       std::string& buffer) const {
  if (!is_coded(at.where) || value.empty()) return value;
  const bool is_large = compresses_ && value.size() > min_compressed_bytes;
  const named_key* const key = key_for(at.where, scope);
  if (key == nullptr) {
    if (is_large) {
      start(buffer, form_has::compressed);
      if (compress(value, buffer)) return buffer;
    }
    if (value.front() != '\0') return value;
    start(buffer, 0);
    buffer.append(value);
    return buffer;
  }
  std::string& packed = scratch_of_thread().packed;
  packed.clear();
  const bool is_packed = is_large && compress(value, packed);
  start(buffer, is_packed ? form_has::all : form_has::encrypted);
  for (int shift = 24; shift >= 0; shift -= 8)
    buffer.push_back(static_cast<char>(key->id >> shift));
  const std::string_view bound = bound_to(buffer, at);
  const bool sealed = key->with->seal(bound, is_packed ? std::string_view{packed} : value, buffer);
  release_large(packed);
  if (!sealed) return std::nullopt;
  return buffer;
}

std::string_view value_codec::from_stored(place at, std::string_view stored,
                                          std::string& buffer) const {
  if (!is_coded(at.where) || stored.empty() || stored.front() != '\0') return stored;
  if (stored.size() < form_bytes) return to_value(unopened::damaged);
  const auto form = static_cast<unsigned char>(stored[1]);
  std::string_view body = stored.substr(form_bytes);
  switch (form) {
    case 0:
      return body;
    case form_has::compressed:
      return decompress(body, buffer) ? std::string_view{buffer} : to_value(unopened::damaged);
    case form_has::encrypted:
    case form_has::all:
      break;
    default:
      return to_value(unopened::damaged);
  }
  if (body.size() < id_bytes) return to_value(unopened::damaged);
  const std::string_view header = stored.substr(0, form_bytes + id_bytes);
  const named_key* const key = keys_ ? keys_->find(id_in(header)) : nullptr;
  if (key == nullptr) return to_value(unopened::no_key);
  body.remove_prefix(id_bytes);
  std::string& packed = scratch_of_thread().packed;
  std::string& opened = form == form_has::all ? packed : buffer;
  bool good = key->with->open(bound_to(header, at), body, opened);
  if (good && form == form_has::all) good = decompress(packed, buffer);
  release_large(packed);
  return good ? std::string_view{buffer} : to_value(unopened::damaged);
}

bool value_codec::is_current(column where, std::string_view scope,
                             std::string_view stored) const noexcept {
  if (!is_coded(where) || stored.empty()) return true;
  const named_key* const key = key_for(where, scope);
  return form_of(where, stored).key == (key == nullptr ? std::nullopt : std::optional{key->id});
}

error cannot_encrypt() {
  return {errc::io_failed, "encrypting values for the store: OpenSSL has no random numbers"};
}

}  // namespace pawl::persistence::values
