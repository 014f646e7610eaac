#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "bench/http_peer.hpp"
#include "bench/remote_subject.hpp"

namespace pawl::bench {

/// Idle connections to a server, and event streams of runs in which nothing happens. The subject
/// must be stopped before they are destroyed.
class bystanders {
 public:
  /// Returns when the server has answered all of them. Throws `failure`.
  bystanders(remote_subject& server, std::size_t idle, std::size_t streams);

  /// Sends a request on every idle connection and finishes the watched runs. Throws `failure` if
  /// an idle connection does not answer or a stream does not receive the end of its run.
  void roll_call();

 private:
  void begin(std::size_t idle, std::size_t streams);
  void watch(std::size_t place);

  remote_subject& server_;
  const std::string name_;  ///< prefix of the ids of the watched runs
  std::vector<std::unique_ptr<http_peer>> idle_;
  std::vector<std::unique_ptr<http_peer>> streams_;
  std::atomic<std::size_t> begun_{0};
  std::atomic<std::size_t> answered_{0};
  std::atomic<std::size_t> ended_{0};
};

}  // namespace pawl::bench
