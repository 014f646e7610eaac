#pragma once

#include <functional>
#include <string>

#include "cli/target.hpp"
#include "cli/target/server_address.hpp"

namespace pawl::cli {

/// Sends and receives the bytes of blobs as they come; each request has a connection of its own.
/// Not thread-safe.
class blob_client {
 public:
  /// `access` must outlive the client. `is_cancelled`: as for `http_client`.
  blob_client(const server_access& access, std::function<bool()> is_cancelled)
      : access_(access), is_cancelled_(std::move(is_cancelled)) {}

  /// As `target::put_blob`, `get_blob` and `read_blob`.
  result<blob_info> put(const blob_source& from, const std::string& type, const std::string& hash);
  result<blob_info> get(const std::string& hash);
  result<void> read(const std::string& hash, const blob_sink& to);

 private:
  const server_access& access_;
  const std::function<bool()> is_cancelled_;
};

}  // namespace pawl::cli
