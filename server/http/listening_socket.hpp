#pragma once

#include <sys/types.h>

#include <string>

#include <pawl/result.hpp>

#include "functions/process/fd.hpp"
#include "server/http/address.hpp"

namespace pawl::server::http {

/// A listening socket. Destroying it frees the address and removes the file of a Unix socket, which
/// only the server's user may access (mode 0600).
class listening_socket {
 public:
  /// Opens the socket. Replaces the socket file of a server that is not running any more, but no
  /// other file. Errors: `locked` for an address in use; `invalid_argument` for a path that is not
  /// a socket; `io_failed`.
  [[nodiscard]] static result<listening_socket> open(const address& at);
  listening_socket(listening_socket&&) noexcept = default;
  listening_socket& operator=(listening_socket&&) = delete;
  ~listening_socket();

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  /// The address with the assigned port.
  [[nodiscard]] const address& at() const noexcept { return at_; }

 private:
  listening_socket(functions::unique_fd fd, address at) : fd_(std::move(fd)), at_(std::move(at)) {}

  functions::unique_fd fd_;
  address at_;
  dev_t device_ = 0;  ///< with `inode_`: identifies this server's socket file
  ino_t inode_ = 0;
};

/// The other end of a connection.
struct peer {
  std::string name;       ///< address without port, or "unix"
  bool loopback = false;  ///< on this machine
};

/// Accepts the next waiting connection without blocking. On failure the descriptor is empty and
/// `errno` is set.
[[nodiscard]] functions::unique_fd accept_one(const listening_socket& from, peer& who);

}  // namespace pawl::server::http
