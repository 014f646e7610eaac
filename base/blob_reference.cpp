#include <pawl/blobs.hpp>
#include <pawl/detail/hex.hpp>

namespace pawl {
namespace {

constexpr const char* blob_key_of_reference = "$blob";
constexpr std::string_view hash_prefix = "sha256:";
constexpr std::size_t hash_digits = 64;

bool is_hash(std::string_view text) noexcept {
  return text.size() == hash_digits && detail::is_lower_hex(text);
}

}  // namespace

json reference_to(const blob_info& blob) {
  return {{blob_key_of_reference, std::string{hash_prefix} + blob.hash},
          {"size", blob.size},
          {"type", blob.type}};
}

std::optional<std::string> blob_in(const json& value) {
  if (!value.is_object()) return std::nullopt;
  const auto found = value.find(blob_key_of_reference);
  if (found == value.end() || !found->is_string()) return std::nullopt;
  const std::string_view text = found->get_ref<const std::string&>();
  if (!text.starts_with(hash_prefix) || !is_hash(text.substr(hash_prefix.size())))
    return std::nullopt;
  return std::string{text.substr(hash_prefix.size())};
}

result<std::string> parse_blob_hash(std::string_view text) {
  const std::string_view digits =
      text.starts_with(hash_prefix) ? text.substr(hash_prefix.size()) : text;
  if (is_hash(digits)) return std::string{digits};
  return error{errc::invalid_argument,
               "the hash of a blob is \"sha256:\" and 64 digits 0-9 and a-f"};
}

}  // namespace pawl
