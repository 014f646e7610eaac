#pragma once

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pawl/detail/fair_budget.hpp>

#include "server/http/connection_limiter.hpp"
#include "server/http/listener.hpp"

namespace pawl::server::http {

class connection;
class tls_context;

using strand = boost::asio::strand<boost::asio::io_context::executor_type>;

/// State shared by all connections of a listener. Outlives every connection and exchange, so that a
/// handler may hold an exchange longer than the listener exists. Safe for concurrent use.
class core : public std::enable_shared_from_this<core> {
 public:
  explicit core(listener_options parts);
  core(const core&) = delete;
  core& operator=(const core&) = delete;
  ~core();

  [[nodiscard]] const server_settings& settings() const noexcept { return parts_.settings; }
  [[nodiscard]] http::handler& handler() const noexcept { return parts_.handler; }
  [[nodiscard]] spdlog::logger& logger() const noexcept { return *parts_.logger; }
  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

  /// Runs `what` on the strand `on`; immediately if this thread is on it. Returns false, without
  /// running it, after `close_gate`.
  template <class What>
  bool run_on(const strand& on, What what) {
    if (on.running_in_this_thread()) {
      what();
      return true;
    }
    const std::shared_lock lock{gate_};
    if (gate_is_open_) boost::asio::post(on, std::move(what));
    return gate_is_open_;
  }
  /// Rejects further work from outside, so that the context runs out of work.
  void close_gate();

  [[nodiscard]] connection_limiter& limiter() noexcept { return limiter_; }
  /// Registers a connection, so that `all` returns it.
  void add(const std::shared_ptr<connection>& one);
  /// Removes a connection and releases its admission. Called once for each admitted connection.
  void remove(const connection* one, const std::string& peer, bool counted);
  /// All open connections.
  [[nodiscard]] std::vector<std::shared_ptr<connection>> all();

  void begin_stop() noexcept { stopping_ = true; }
  [[nodiscard]] bool is_stopping() const noexcept { return stopping_; }

  /// Reserves one of `server.max_streams`; the last reference releases it. Null if none is free.
  [[nodiscard]] std::shared_ptr<void> acquire_stream_slot();
  /// The bytes of requests that are being read or wait for their handler, by address or scope.
  [[nodiscard]] detail::fair_budget& pending() noexcept { return pending_; }
  /// The bytes of answers that wait to be sent, by address.
  [[nodiscard]] const std::shared_ptr<detail::fair_budget>& output() const noexcept {
    return output_;
  }

  [[nodiscard]] std::string next_request_id();
  void observe(const finished_request& one) const;

  /// Null without TLS.
  [[nodiscard]] std::shared_ptr<const tls_context> tls() const;
  [[nodiscard]] result<void> load_tls();

  [[nodiscard]] listener_stats stats() const noexcept;
  void count_in(std::size_t bytes) noexcept { bytes_in_ += bytes; }
  void count_out(std::size_t bytes) noexcept { bytes_out_ += bytes; }
  void count_accepted() noexcept { ++accepted_; }
  void count_refused() noexcept { ++refused_; }
  void count_request() noexcept {
    ++requests_;
    ++in_flight_;
  }
  void count_answer() noexcept { --in_flight_; }

 private:
  listener_options parts_;
  boost::asio::io_context context_;
  std::shared_mutex gate_;
  bool gate_is_open_ = true;
  std::atomic<bool> stopping_ = false;

  connection_limiter limiter_;
  detail::fair_budget pending_;
  const std::shared_ptr<detail::fair_budget> output_;
  mutable std::mutex mutex_;
  std::unordered_map<const connection*, std::weak_ptr<connection>> connections_;
  std::shared_ptr<const tls_context> tls_;

  const std::string id_prefix_;
  std::atomic<std::uint64_t> ids_ = 0;
  std::atomic<std::uint64_t> streams_ = 0, in_flight_ = 0;
  std::atomic<std::uint64_t> accepted_ = 0, refused_ = 0, requests_ = 0, bytes_in_ = 0,
                             bytes_out_ = 0;
};

}  // namespace pawl::server::http
