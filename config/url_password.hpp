#pragma once

#include <string>
#include <string_view>

namespace pawl::config {

/// A URL of a database with `***` in place of a password before its host and of the parameters
/// `password` and `sslpassword`. Also for texts that are not quite URLs: when in doubt, more is
/// replaced.
[[nodiscard]] std::string without_password(std::string_view url);

}  // namespace pawl::config
