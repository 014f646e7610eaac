#include "functions/http/trust.hpp"

#include <algorithm>
#include <string>
#include <system_error>

namespace pawl::functions::http {
namespace {

bool is_hash_name(const std::string& name) {
  return name.size() == 10 && name.ends_with(".0") &&
         std::all_of(name.begin(), name.begin() + 8,
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
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
