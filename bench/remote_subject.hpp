#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/http_peer.hpp"
#include "bench/subject.hpp"

namespace pawl::bench {

/// A server, over HTTP. Each request in flight has a connection of its own; all are driven by one
/// thread.
class remote_subject : public subject {
 public:
  /// Connects `connections` times. `server_process`: the process of the server, 0 if it is not
  /// known. Throws `failure`.
  remote_subject(http_address at, std::size_t connections, int server_process = 0);
  ~remote_subject() override;

  [[nodiscard]] std::string noop() const override { return "core.echo"; }
  void put_flow(const json& definition) override;
  void start_and_wait(const std::string& flow, done ended) override;
  void start(const std::string& flow, const std::string& id, done started) override;
  void signal(const std::string& id, done answered) override;
  void signal_to_end(const std::string& id, done ended) override;
  void wait(const std::string& id, done ended) override;
  void get(const std::string& id, done read) override;
  [[nodiscard]] std::optional<double> cpu_seconds() const override;
  [[nodiscard]] std::optional<std::uint64_t> syncs() const override { return {}; }
  [[nodiscard]] std::optional<engine_metrics> metrics() const override { return {}; }

  /// Sends a request, and fails if the answer's body does not contain `expected`.
  void send(std::string request, std::string expected, done answered);
  [[nodiscard]] const http_address& address() const noexcept { return at_; }
  /// Runs all transfers; other peers may use it, on its thread.
  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }
  /// Calls `what` on the thread of the context, and waits for its end. Throws what it throws.
  void on_thread(const std::function<void()>& what);
  /// Ends the thread. Transfers in progress are given up. Idempotent; nothing else may follow.
  void stop();

 private:
  struct request {
    std::string bytes;
    std::string expected;
    done answered;
  };
  void send_on(http_peer& by, request what);
  void accept(request what);

  const http_address at_;
  const int process_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::vector<std::unique_ptr<http_peer>> peers_;
  std::vector<http_peer*> free_;  ///< the context's thread only
  std::deque<request> waiting_;   ///< the context's thread only
  std::thread thread_;
};

}  // namespace pawl::bench
