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

class flow_file_reports;

/// The HTTP API of an open engine: transport, routes and their shared services. Safe for concurrent
/// use.
class http_server {
 public:
  /// Starts listening with the engine's `server.*` settings. The engine must be open and outlive
  /// the server. Errors: `invalid_argument` for an invalid address or certificate, and for an
  /// address that other machines can reach while there are no API keys; `locked` for an address in
  /// use; `io_failed`. `flow_files`: the flow files that the console shows; null if no folder is
  /// watched. With a folder, which is development, commands are logged only at the level `info`.
  [[nodiscard]] static result<std::unique_ptr<http_server>> open(
      engine& of, std::shared_ptr<spdlog::logger> log,
      std::shared_ptr<const flow_file_reports> flow_files = nullptr);
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// The addresses it listens on: "http://127.0.0.1:7717", "unix:/run/pawl.sock".
  [[nodiscard]] std::vector<std::string> urls() const;

  /// Reloads the TLS certificate and the API keys, and reopens the log file and the
  /// audit log. Returns the first
  /// error; what failed to load stays as it was.
  [[nodiscard]] result<void> reload();

  /// Stops accepting requests, waits up to `timeout` for pending ones and ends the streams. Call it
  /// before the engine stops. A second call does nothing.
  void stop(std::chrono::milliseconds timeout);

 private:
  struct impl;
  explicit http_server(std::unique_ptr<impl> made);

  std::unique_ptr<impl> impl_;
};

}  // namespace pawl::server
