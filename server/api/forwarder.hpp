#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>

#include <pawl/engine.hpp>

#include "server/api/router.hpp"
#include "server/http/exchange.hpp"
#include "server/security/caller.hpp"

namespace pawl::functions::http {
struct policy;
struct response;
class transfer_loop;
}  // namespace pawl::functions::http

namespace pawl::server {

/// The field that a request has that was passed on: the name of the server that did it. A server
/// that stands by does not pass it on again.
inline constexpr std::string_view forwarded_field = "Pawl-Forwarded";

/// Passes the requests that reach a server that stands by on to the owner of the store, and its
/// answers back. The owner checks the caller's key again. Safe for concurrent use.
class forwarder {
 public:
  /// Maximum size of an answer that is passed back.
  static constexpr std::size_t max_answer_bytes = std::size_t{64} << 20;
  /// Maximum number of requests that are passed on at the same time.
  static constexpr std::size_t max_pending = 1'000;

  /// `of` must outlive all requests.
  explicit forwarder(const engine& of) : engine_(of) {}
  ~forwarder();
  forwarder(const forwarder&) = delete;
  forwarder& operator=(const forwarder&) = delete;

  /// The owner to which a request must be passed on. Nothing: it is handled here, which refuses it
  /// if it needs the store of another server. So it is for streams, WebSockets and blobs, which are
  /// not passed on, for callers by a session, whose key is not in the request, and while no address
  /// of an owner is known.
  [[nodiscard]] std::optional<cluster_info> owner_for(const route& to, const http::request& what,
                                                      const caller& by,
                                                      const http::exchange& answer) const;

  /// Sends a request to the owner, and answers it with the answer, or with a problem: `unavailable`
  /// if the owner did nothing, `io_failed` if that is not known of a command.
  void pass_on(http::request what, const caller& by, const cluster_info& owner,
               std::shared_ptr<http::exchange> answer);

  /// Ends the requests that only read, which may wait for long. Further ones are refused.
  void end_reads() { stopping_.request_stop(); }
  /// Ends all requests. Further ones are refused.
  void stop();

  struct counts {
    std::uint64_t answered = 0;
    std::uint64_t failed = 0;  ///< without an answer of the owner
  };
  [[nodiscard]] counts passed() const noexcept { return {answered_, failed_}; }

 private:
  struct pending;
  /// Null after `stop`.
  [[nodiscard]] std::shared_ptr<functions::http::transfer_loop> loop();
  void finish(const pending& of, result<functions::http::response> got);

  const engine& engine_;
  std::stop_source stopping_;
  std::atomic<std::size_t> pending_ = 0;
  std::atomic<std::uint64_t> answered_ = 0, failed_ = 0;
  std::mutex mutex_;
  std::shared_ptr<functions::http::transfer_loop> loop_;  ///< guarded by mutex_
  bool stopped_ = false;                                  ///< guarded by mutex_
};

}  // namespace pawl::server
