#include "cli/old_engine/old_names.hpp"

#include <pawl/detail/sha256.hpp>
#include <pawl/ids.hpp>

#include "flow/definition/old_form.hpp"

namespace pawl::cli {
namespace {

constexpr std::size_t longest = 128;  // never changes: a repeated import finds runs by these names

/// An escaped name, cut if it is too long.
std::string short_name(std::string_view old) {
  std::string name = flow::escaped_old_name(old);
  if (name.size() <= longest) return name;
  const std::string hash = detail::sha256_128(old);
  name.resize(longest - 1 - hash.size());
  return name + "." + hash;
}

}  // namespace

std::string run_name_of(std::string_view old) {
  const bool is_kept = parse_new_run_id(old) && !old.starts_with(flow::escaped_old_prefix());
  return is_kept ? std::string{old} : short_name(old);
}

std::string flow_name_of(std::string_view old) {
  const bool is_kept = parse_flow_name(old) && !old.starts_with(flow::escaped_old_prefix());
  return is_kept ? std::string{old} : short_name(old);
}

}  // namespace pawl::cli
