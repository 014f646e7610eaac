#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/http/connection.hpp"
#include "server/http/exchange.hpp"

namespace pawl::server::http {

/// The exchange of a request that the handler has. Safe for concurrent use.
class pending_exchange final : public exchange {
 public:
  /// `is_safe`: the request has changed nothing, so its answer can be replaced by a refusal.
  pending_exchange(std::shared_ptr<connection> of, std::uint64_t number, std::string request_id,
                   bool is_safe, bool wants_web_socket);
  pending_exchange(const pending_exchange&) = delete;
  pending_exchange& operator=(const pending_exchange&) = delete;
  ~pending_exchange() override;

  using exchange::respond;
  void respond(response answer, std::function<void()> lost) override;
  using exchange::respond_with_stream;
  [[nodiscard]] std::shared_ptr<stream> respond_with_stream(
      response head, std::optional<std::uint64_t> length) override;
  [[nodiscard]] std::shared_ptr<web_socket> accept_web_socket() override;
  void on_disconnect(std::function<void()> what) override;
  void set_route(std::string_view route) override { route_ = route; }
  [[nodiscard]] bool wants_web_socket() const override { return wants_web_socket_; }

 private:
  void begin_answer();
  void refuse(const problem& why);
  [[nodiscard]] std::shared_ptr<outbox> make_outbox(std::shared_ptr<void> slot) const;

  const std::shared_ptr<connection> of_;
  const std::uint64_t number_;
  const std::string request_id_;
  const bool is_safe_;
  const bool wants_web_socket_;
  std::string route_;
  std::atomic<bool> is_answered_ = false;
};

}  // namespace pawl::server::http
