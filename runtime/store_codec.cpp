#include "runtime/store_codec.hpp"

#include <memory>
#include <utility>

#include "functions/secrets/private_file.hpp"
#include "persistence/values/value_codec.hpp"

namespace pawl {
namespace {

constexpr std::size_t max_key_file_bytes = std::size_t{4} << 20;

using persistence::values::key_ring;

result<std::shared_ptr<const key_ring>> load_keys(const storage_settings& s) {
  if (s.keys.empty()) return std::shared_ptr<const key_ring>{};
  const auto text = functions::read_private_file(s.keys, max_key_file_bytes);
  if (!text) {
    error why = text.error();
    why.message.insert(0, "storage.keys: ");
    return why;
  }
  auto ring = key_ring::parse(*text, s.keys.string());
  if (!ring) return std::move(ring).error();
  return std::shared_ptr<const key_ring>{std::make_shared<const key_ring>(*std::move(ring))};
}

}  // namespace

result<persistence::values::codec_ptr> make_store_codec(const storage_settings& s) {
  auto keys = load_keys(s);
  if (!keys) return std::move(keys).error();
  return persistence::values::codec_ptr{std::make_shared<const persistence::values::value_codec>(
      s.compression == compression::zstd, *std::move(keys))};
}

}  // namespace pawl
