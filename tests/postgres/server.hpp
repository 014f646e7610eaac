#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace pawl::tests {

/// A PostgreSQL server of the tests: a new cluster in a temporary folder, reached by a Unix socket
/// in it. Runs as `nobody` if the test runs as root, whom PostgreSQL refuses. Not thread-safe.
class postgres_server {
 public:
  /// Makes the cluster and starts the server. If PostgreSQL is not installed, ends the program with
  /// 77, or fails with CI=1.
  postgres_server();
  /// Makes a standby of the server in the folder `primary`, and starts it. It streams from there
  /// under the name "standby".
  explicit postgres_server(const std::filesystem::path& primary);
  ~postgres_server();
  postgres_server(const postgres_server&) = delete;
  postgres_server& operator=(const postgres_server&) = delete;

  /// Starts the server and waits until it answers.
  void start();
  /// Kills its first process, without which the others end.
  void crash();
  /// Lets only users with a password connect as `user`.
  void require_password(const std::string& user) const;

  /// A URL of the database, by the socket in `folder`; empty: the server's own.
  [[nodiscard]] std::string url(const std::filesystem::path& folder = {}) const;
  /// The folder of the socket.
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return root_; }
  /// Runs one statement. Fails the test if that fails. Returns the first value, as text.
  std::string sql(const std::string& statement) const;

 private:
  /// Makes the folder.
  void make_root();
  /// Runs a program to its end. Throws if it fails.
  void run(const std::string& name, const std::vector<std::string>& arguments) const;

  std::filesystem::path programs_;
  std::filesystem::path root_;
  pid_t process_ = -1;
};

}  // namespace pawl::tests
