#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <pawl/engine.hpp>

namespace spdlog {
class logger;
}

namespace pawl::server {

/// The HTTP API of an open engine: its transport, its routes, and what they share. Safe for
/// concurrent use.
class http_server {
 public:
  /// Listens when it returns, as the engine's settings say (`server.*`). The engine must be open
  /// and outlive it. Without keys of callers it listens on this machine only. Errors:
  /// `invalid_argument` for an address or certificate that is none, or that others can reach while
  /// there are no keys; `locked` for an address in use; `io_failed`.
  [[nodiscard]] static result<std::unique_ptr<http_server>> open(
      engine& of, std::shared_ptr<spdlog::logger> log);
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// Where it listens: "http://127.0.0.1:7717", "unix:/run/pawl.sock".
  [[nodiscard]] std::vector<std::string> urls() const;

  /// Reads the certificate and its key again, and the keys of callers, and opens the audit log
  /// anew.
  [[nodiscard]] result<void> reload();

  /// Takes no more requests, lets those under way be answered for so long, and ends the streams. To
  /// be called before the engine stops. A second call does nothing.
  void stop(std::chrono::milliseconds time_to_finish);

 private:
  struct inside;
  explicit http_server(std::unique_ptr<inside> made);

  std::unique_ptr<inside> inside_;
};

}  // namespace pawl::server
