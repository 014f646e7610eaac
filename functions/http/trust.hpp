#pragma once

#include <filesystem>

namespace pawl::functions::http {

/// True if `folder` has certificates by the names that OpenSSL looks for, such as "002c0b4f.0"
/// (made by `openssl rehash`). Then the few that a connection needs are found there, while the
/// system's file of all authorities is read anew for each connection, which takes ten times as long
/// as the connection itself.
[[nodiscard]] bool finds_authorities_by_hash(const std::filesystem::path& folder);

}  // namespace pawl::functions::http
