#pragma once

#include <filesystem>
#include <memory>

#include <pawl/result.hpp>

#include "server/http/channel.hpp"

namespace pawl::server::http {

/// A certificate, its key and the TLS configuration: TLS 1.2 and 1.3 with forward secrecy, ALPN
/// http/1.1. Immutable; safe for concurrent use.
class tls_context {
 public:
  /// Loads PEM files. Error: `invalid_argument`; the message names the file and the cause.
  [[nodiscard]] static result<std::shared_ptr<const tls_context>> load(
      const std::filesystem::path& certificate, const std::filesystem::path& key);
  virtual ~tls_context() = default;

  [[nodiscard]] virtual std::unique_ptr<channel> make_channel(stream_socket socket) const = 0;
};

}  // namespace pawl::server::http
