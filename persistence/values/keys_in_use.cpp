#include "persistence/values/keys_in_use.hpp"

#include <algorithm>
#include <utility>

#include "persistence/codec/fields.hpp"
#include "persistence/commit_durably.hpp"
#include "persistence/keys.hpp"
#include "persistence/record.hpp"
#include "persistence/values/value_codec.hpp"

namespace pawl::persistence::values {
namespace {

constexpr std::uint8_t keys_in_use_version = 1;

std::vector<key_in_use> decode_keys_in_use_v1(byte_reader& from) {
  return codec::decode_list<key_in_use>(from, 2, [](byte_reader& in) {
    key_in_use key;
    key.id = in.varint32();
    key.name = in.text();
    return key;
  });
}

}  // namespace

void encode_keys_in_use(const std::vector<key_in_use>& keys, std::string& to) {
  record_writer out{to, record_kind::keys_in_use, keys_in_use_version};
  codec::encode_list(out, keys, [](byte_writer& each, const key_in_use& key) {
    each.varint(key.id);
    each.text(key.name);
  });
  out.finish();
}

std::string encode_keys_in_use(const std::vector<key_in_use>& keys) {
  std::string record;
  encode_keys_in_use(keys, record);
  return record;
}

result<std::vector<key_in_use>> decode_keys_in_use(std::string_view bytes) {
  return decode_record<std::vector<key_in_use>>(record_kind::keys_in_use, bytes,
                                                {decode_keys_in_use_v1});
}

result<std::vector<key_in_use>> load_keys_in_use(const view& from) {
  const auto bytes = from.get(column::meta, keys::keys_in_use());
  if (!bytes) return bytes.error();
  if (!*bytes) return std::vector<key_in_use>{};
  return decode_keys_in_use(**bytes);
}

result<void> check_keys(const view& from, const value_codec& with) {
  const auto listed = load_keys_in_use(from);
  if (!listed) return listed.error();
  const key_ring* const ring = with.keys();
  for (const auto& [id, name] : *listed) {
    if (ring != nullptr && (ring->find(id) != nullptr || ring->is_dropped(name))) continue;
    return error{errc::invalid_argument,
                 "the store has values that are encrypted with " + to_text(name, id) +
                     (ring == nullptr ? ", but storage.keys is not set"
                                      : ", which storage.keys (" + ring->source() +
                                            ") does not have; add the key. If it was that of a "
                                            "scope, the line \"" +
                                            name +
                                            " dropped\" gives up what it encrypts. A key without a "
                                            "scope can be removed only after `pawl store rekey`") +
                     ". Nothing was changed"};
  }
  return {};
}

result<void> note_keys(store& to, const value_codec& with) {
  if (with.keys() == nullptr) return {};
  auto listed = load_keys_in_use(*to.durable_view());
  if (!listed) return std::move(listed).error();
  const std::size_t before = listed->size();
  for (const named_key* const key : with.keys()->writing()) {
    const auto same = [key](const key_in_use& each) { return each.id == key->id; };
    if (std::none_of(listed->begin(), listed->end(), same)) listed->push_back({key->id, key->name});
  }
  return listed->size() == before ? result<void>{} : replace_keys(to, *listed);
}

result<void> replace_keys(store& to, const std::vector<key_in_use>& keys) {
  batch changes;
  changes.put(column::meta, keys::keys_in_use(), encode_keys_in_use(keys));
  return commit_durably(to, changes);
}

}  // namespace pawl::persistence::values
