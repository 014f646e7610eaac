#include "cli/old_engine/old_names.hpp"

#include <algorithm>

#include <pawl/code_ref.hpp>
#include <pawl/detail/hex.hpp>
#include <pawl/detail/sha256.hpp>
#include <pawl/ids.hpp>

namespace pawl::cli {
namespace {

constexpr std::string_view escaped_prefix = "text.";

bool is_unescaped(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

std::string escaped_name(std::string_view old) {
  std::string name{escaped_prefix};
  for (const char c : old) {
    if (is_unescaped(c)) {
      name += c;
    } else {
      name += '-';
      detail::append_hex_byte(name, static_cast<unsigned char>(c));
    }
  }
  return name;
}

/// An escaped name, cut if it is too long.
std::string short_name(std::string_view old) {
  std::string name = escaped_name(old);
  if (name.size() <= max_id_bytes) return name;
  const std::string hash = detail::sha256_128(old);
  name.resize(max_id_bytes - 1 - hash.size());
  return name + "." + hash;
}

}  // namespace

std::string run_name_of(std::string_view old) {
  const bool is_kept = parse_new_run_id(old) && !old.starts_with(escaped_prefix);
  return is_kept ? std::string{old} : short_name(old);
}

std::string flow_name_of(std::string_view old) {
  const bool is_kept = parse_flow_name(old) && !old.starts_with(escaped_prefix);
  return is_kept ? std::string{old} : short_name(old);
}

std::string code_ref_of(std::string_view old) {
  return check_code_ref(old) ? std::string{old} : escaped_name(old);
}

}  // namespace pawl::cli
