#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

namespace pawl::server::http {

enum class admission { admitted, too_many, too_many_of_peer };

/// Counts connections, in all and by peer. Safe for concurrent use.
class admissions {
 public:
  admissions(std::uint32_t limit, std::uint32_t limit_per_peer)
      : limit_(limit), limit_per_peer_(limit_per_peer) {}

  /// Counts a connection in, or says which limit forbids it. Only peers that are `counted` have a
  /// limit of their own.
  [[nodiscard]] admission admit(const std::string& peer, bool counted);
  /// One that was admitted is over; with the same arguments.
  void leave(const std::string& peer, bool counted);
  [[nodiscard]] std::uint32_t present() const;
  /// Waits until none is left. False: it was not so by then.
  [[nodiscard]] bool wait_until_empty(std::chrono::steady_clock::time_point deadline);

 private:
  const std::uint32_t limit_;
  const std::uint32_t limit_per_peer_;
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::uint32_t present_ = 0;
  std::unordered_map<std::string, std::uint32_t> of_peer_;
};

}  // namespace pawl::server::http
