#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>
#include <vector>

namespace pawl::tests {

/// A network between a client and a server on Unix sockets that loses what it is told to lose. Its
/// socket has the name that clients of PostgreSQL expect. Thread-safe.
class proxy {
 public:
  /// Listens in `folder`, which must exist, and connects to the server in `to`.
  proxy(const std::filesystem::path& folder, const std::filesystem::path& to);
  ~proxy();
  proxy(const proxy&) = delete;
  proxy& operator=(const proxy&) = delete;

  /// The next bytes from a client reach the server, its answer does not come back: all connections
  /// are closed when it arrives.
  void lose_next_answer() { losing_ = true; }
  /// New clients are told another process id of their session, as poolers do.
  void change_session_ids() { pooling_ = true; }
  /// Whether an answer was lost.
  [[nodiscard]] bool has_lost() const { return lost_; }

 private:
  struct pair {
    int client;
    int server;
    bool is_losing = false;
  };
  void work();
  void accept_client();
  /// Passes on what one end has sent. Returns false at its end.
  bool pass_on(pair& each, bool from_client);

  const std::filesystem::path to_;
  int listener_ = -1;
  std::atomic<bool> ended_{false};
  std::atomic<bool> losing_{false};
  std::atomic<bool> lost_{false};
  std::atomic<bool> pooling_{false};
  std::vector<pair> pairs_;  ///< only for the thread
  std::thread thread_;
};

}  // namespace pawl::tests
