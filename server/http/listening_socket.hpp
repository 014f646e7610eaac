#pragma once

#include <sys/types.h>

#include <string>

#include <pawl/result.hpp>

#include "functions/process/fd.hpp"
#include "server/http/address.hpp"

namespace pawl::server::http {

/// A socket that takes connections; its end frees the address. The file of a Unix socket is for
/// this user only (0600) and is removed with it.
class listening_socket {
 public:
  /// Takes the place of a socket file that a dead server left behind, of nothing else. Errors:
  /// `locked` for an address in use, `io_failed` for what else the system refuses.
  [[nodiscard]] static result<listening_socket> open(const address& at);
  listening_socket(listening_socket&&) noexcept = default;
  listening_socket& operator=(listening_socket&&) = delete;
  ~listening_socket();

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  /// With the port that was given.
  [[nodiscard]] const address& at() const noexcept { return at_; }

 private:
  listening_socket(functions::unique_fd fd, address at) : fd_(std::move(fd)), at_(std::move(at)) {}

  functions::unique_fd fd_;
  address at_;
  dev_t device_ = 0;  ///< with `inode_`: the socket file that is ours
  ino_t inode_ = 0;
};

/// Who connected.
struct peer {
  std::string name;       ///< address without port, or "unix"
  bool loopback = false;  ///< on this machine
};

/// Takes the next connection that waits, non-blocking. On failure the descriptor is empty and
/// `errno` says why.
[[nodiscard]] functions::unique_fd accept_one(const listening_socket& from, peer& who);

}  // namespace pawl::server::http
