#pragma once

#include <filesystem>

namespace pawl::functions::http {

/// Returns whether `folder` has certificates under the hash names of OpenSSL, such as "002c0b4f.0"
/// (made by `openssl rehash`). Then OpenSSL loads only the certificates that a connection needs.
/// The system's file of all CAs would be read for each connection, which takes ten times as long as
/// the connection itself.
[[nodiscard]] bool finds_authorities_by_hash(const std::filesystem::path& folder);

}  // namespace pawl::functions::http
