#include "config/url_password.hpp"

#include <algorithm>

namespace pawl::config {
namespace {

constexpr std::string_view hidden = "***";

}  // namespace

std::string without_password(std::string_view url) {
  std::string shown{url};
  const std::size_t scheme = shown.find("://");
  const std::size_t user = scheme == std::string::npos ? 0 : scheme + 3;
  // The last at sign: one in a password should be escaped, but may not be.
  if (const std::size_t at = shown.rfind('@'); at != std::string::npos && at >= user) {
    const std::size_t colon = shown.find(':', user);
    if (colon < at) shown.replace(colon + 1, at - colon - 1, hidden);
  }
  for (std::size_t from = shown.find('?'); from < shown.size();) {
    const std::size_t begin = from + 1;
    const std::size_t end = std::min(shown.find('&', begin), shown.size());
    const std::size_t equals = shown.find('=', begin);
    const std::string_view name = std::string_view{shown}.substr(begin, equals - begin);
    if (equals < end && name.ends_with("password")) {
      shown.replace(equals + 1, end - equals - 1, hidden);
      from = equals + 1 + hidden.size();
    } else {
      from = end;
    }
  }
  return shown;
}

}  // namespace pawl::config
