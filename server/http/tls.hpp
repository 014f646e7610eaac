#pragma once

#include <filesystem>
#include <memory>

#include <pawl/result.hpp>

#include "server/http/channel.hpp"

namespace pawl::server::http {

/// A certificate with its key, and what is spoken with it: TLS 1.2 and 1.3 with forward secrecy,
/// ALPN http/1.1. Does not change; safe for concurrent use.
class tls_context {
 public:
  /// Reads PEM files. Error: `invalid_argument`, which names the file and what is wrong with it.
  [[nodiscard]] static result<std::shared_ptr<const tls_context>> load(
      const std::filesystem::path& certificate, const std::filesystem::path& key);
  virtual ~tls_context() = default;

  [[nodiscard]] virtual std::unique_ptr<channel> make_channel(stream_socket socket) const = 0;
};

}  // namespace pawl::server::http
