#pragma once

#include <memory>
#include <utility>

#include "server/api/call.hpp"
#include "server/api/router.hpp"
#include "server/api/services.hpp"
#include "server/http/exchange.hpp"

namespace pawl::server {

/// Dispatches requests: finds the route, authenticates the caller, checks what every request must
/// satisfy, and replays the answers of repeated requests. Safe for concurrent use.
class dispatcher final : public http::handler {
 public:
  dispatcher(services with, router routes)
      : api_(std::make_shared<const api>(api{std::move(with), std::move(routes)})) {}

  void handle(http::request what, std::shared_ptr<http::exchange> answer) override;

 private:
  void begin(const call_ptr& request) const;

  const std::shared_ptr<const api> api_;
};

}  // namespace pawl::server
