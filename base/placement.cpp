#include <optional>

#include <pawl/detail/hex.hpp>
#include <pawl/detail/placement.hpp>
#include <pawl/detail/sha256.hpp>

namespace pawl::detail {
namespace {

constexpr std::size_t placement_digits = 4;
constexpr std::size_t child_id_size = child_id_prefix.size() + placement_digits + 32;

/// The first 16 bytes of the SHA-256 of what names the run.
std::string name_hash(const run_key& run) {
  std::string name;
  name.reserve(run.scope.str().size() + 1 + run.id.str().size());
  name.append(run.scope.str()).append(1, '\0').append(run.id.str());
  return sha256_bytes(name).substr(0, 16);
}

std::optional<std::uint16_t> placement_in(std::string_view id) {
  if (id.size() != child_id_size || !id.starts_with(child_id_prefix)) return std::nullopt;
  const auto digits = id.substr(child_id_prefix.size());
  if (!is_lower_hex(digits)) return std::nullopt;
  std::uint16_t placement = 0;
  for (const char c : digits.substr(0, placement_digits))
    placement = static_cast<std::uint16_t>(placement << 4 | lower_hex_value(c));
  return placement;
}

std::uint16_t first_two(std::string_view bytes) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 |
                                    static_cast<unsigned char>(bytes[1]));
}

}  // namespace

std::uint16_t placement_of(const run_key& run) {
  const auto of_child = placement_in(run.id.str());
  return of_child ? *of_child : first_two(name_hash(run));
}

run_id child_run_id(const run_key& parent, std::string_view name) {
  const std::uint16_t placement = placement_of(parent);
  std::string id{child_id_prefix};
  append_hex_byte(id, static_cast<unsigned char>(placement >> 8));
  append_hex_byte(id, static_cast<unsigned char>(placement & 0xff));
  return run_id{id + sha256_128(name)};
}

std::string run_hash(const run_key& run) {
  std::string hash = name_hash(run);
  if (const auto of_child = placement_in(run.id.str())) {
    hash.insert(0, {static_cast<char>(*of_child >> 8), static_cast<char>(*of_child & 0xff)});
    hash.resize(16);
  }
  return hash;
}

}  // namespace pawl::detail
