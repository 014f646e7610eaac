#include "persistence/values/key_ring.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <openssl/crypto.h>

#include <pawl/detail/hex.hpp>
#include <pawl/detail/sha256.hpp>
#include <pawl/ids.hpp>

namespace pawl::persistence::values {
namespace {

constexpr std::size_t max_name_bytes = 63;  // shorter than a key
constexpr std::string_view dropped_word = "dropped";
constexpr auto layout = "a line has NAME KEY [SCOPE]";

bool is_key_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !text.empty() && text.size() <= max_name_bytes &&
         std::all_of(text.begin(), text.end(), allowed);
}

/// The next word of a line, which is removed from it.
std::string_view take_word(std::string_view& line) {
  constexpr auto blanks = " \t\r";
  line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(blanks));
  line.remove_prefix(word.size());
  return word;
}

void wipe(std::string& secret) {
  ::OPENSSL_cleanse(secret.data(), secret.size());
}

/// The bytes of a key.
std::optional<std::string> key_bytes_of(std::string_view digits) {
  if (digits.size() != 2 * cipher::key_bytes) return std::nullopt;
  std::string bytes;
  bytes.reserve(cipher::key_bytes);
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const int high = pawl::detail::hex_value(digits[i]),
              low = pawl::detail::hex_value(digits[i + 1]);
    if (high < 0 || low < 0) {
      wipe(bytes);
      return std::nullopt;
    }
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

key_id id_of(const std::string& key) {
  std::string text = "pawl.storage.key" + key;
  const std::string digest = pawl::detail::sha256_bytes(text);
  wipe(text);
  key_id id = 0;
  for (std::size_t i = 0; i < sizeof id; ++i) id = id << 8 | static_cast<unsigned char>(digest[i]);
  return id;
}

}  // namespace

std::string id_text(key_id id) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8)
    pawl::detail::append_hex_byte(text, static_cast<unsigned char>(id >> shift));
  return text;
}

std::string to_text(std::string_view name, key_id id) {
  return "key " + std::string{name} + " (id " + id_text(id) + ")";
}

result<key_ring> key_ring::parse(std::string_view text, std::string source) {
  key_ring made{std::move(source)};
  const auto refused = [&made](const std::string& why) {
    return error{errc::invalid_argument, "storage.keys (" + made.source_ + why};
  };
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (const auto wrong = made.add(line); !wrong.empty())
      return refused(":" + std::to_string(number) + "): " + wrong);
  }
  const auto general = std::find_if(made.keys_.begin(), made.keys_.end(),
                                    [](const named_key& key) { return key.scope.empty(); });
  if (general == made.keys_.end())
    return refused("): there is no key for all scopes; " + std::string{layout} +
                   ", the first key without SCOPE encrypts what has no other key");
  made.first_ = static_cast<std::size_t>(general - made.keys_.begin());
  return made;
}

std::string key_ring::add(std::string_view line) {
  const std::string_view name = take_word(line);
  if (name.empty() || name.starts_with('#')) return {};
  const std::string_view key = take_word(line), scope = take_word(line);
  // No message shows the words of a line before they are known not to be a key.
  if (!is_key_name(name))
    return std::string{layout} + "; NAME has up to 63 letters, digits, \"_\", \"-\" and \".\"";
  const std::string which = "key " + std::string{name};
  if (!take_word(line).empty()) return which + ": " + layout;
  if (!names_.emplace(name).second) return which + " is listed twice";
  if (key == dropped_word) {
    dropped_.emplace(name);
    return {};
  }
  auto bytes = key_bytes_of(key);
  if (!bytes)
    return which +
           ": KEY must have 64 hexadecimal digits (`openssl rand -hex 32` makes them), or "
           "be the word dropped";
  if (!scope.empty() && !parse_scope_name(scope)) {
    wipe(*bytes);
    return which + ": SCOPE is not the name of a scope";
  }
  const std::size_t at = keys_.size();
  keys_.push_back({std::string{name}, id_of(*bytes), std::string{scope},
                   std::make_shared<const cipher>(*bytes)});
  wipe(*bytes);
  if (const auto [same, is_new] = by_id_.emplace(keys_.back().id, at); !is_new)
    return which + " and key " + keys_[same->second].name + " are equal; make another one";
  if (!scope.empty()) by_scope_.emplace(scope, at);
  return {};
}

const named_key& key_ring::of_scope(std::string_view scope) const noexcept {
  const auto found = by_scope_.find(scope);
  return found == by_scope_.end() ? first() : keys_[found->second];
}

std::vector<const named_key*> key_ring::writing() const {
  std::vector<std::size_t> places{first_};
  for (const auto& entry : by_scope_) places.push_back(entry.second);
  std::sort(places.begin(), places.end());
  std::vector<const named_key*> all;
  for (const std::size_t at : places) all.push_back(&keys_[at]);
  return all;
}

const named_key* key_ring::find(key_id id) const noexcept {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &keys_[found->second];
}

}  // namespace pawl::persistence::values
