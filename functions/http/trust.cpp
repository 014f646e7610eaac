#include "functions/http/trust.hpp"

#include <string>
#include <string_view>
#include <system_error>

#include <pawl/detail/hex.hpp>

namespace pawl::functions::http {
namespace {

bool is_hash_name(const std::string& name) {
  return name.size() == 10 && name.ends_with(".0") &&
         detail::is_lower_hex(std::string_view{name}.substr(0, 8));
}

}  // namespace

bool finds_authorities_by_hash(const std::filesystem::path& folder) {
  std::error_code failure;
  std::filesystem::directory_iterator entry{folder, failure};
  while (!failure && entry != std::filesystem::directory_iterator{}) {
    if (is_hash_name(entry->path().filename().string())) return true;
    entry.increment(failure);
  }
  return false;
}

}  // namespace pawl::functions::http
