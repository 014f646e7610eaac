#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>

#include "server/api/call.hpp"
#include "server/api/router.hpp"
#include "server/api/services.hpp"
#include "server/http/exchange.hpp"

namespace pawl::server {

/// Dispatches requests: finds the route, authenticates the caller, checks what every request must
/// satisfy, and replays the answers of repeated requests. A request with a body must pass the
/// checks that need none before its body is read. Safe for concurrent use.
class dispatcher final : public http::handler {
 public:
  dispatcher(services with, router routes)
      : api_(std::make_shared<const api>(api{std::move(with), std::move(routes)})) {}

  void handle(http::request what, std::shared_ptr<http::exchange> answer) override;
  [[nodiscard]] http::admitted_request admit(const http::request& head) override;
  [[nodiscard]] std::uint64_t max_sink_bytes() const noexcept override;

 private:
  /// What is known of a request by its head.
  struct known_request;

  [[nodiscard]] std::variant<known_request, http::problem> check_head(const http::request& head,
                                                                      std::string_view& route);
  void handle_known(known_request known, http::request what,
                    std::shared_ptr<http::exchange> answer) const;

  const std::shared_ptr<const api> api_;
};

}  // namespace pawl::server
