#pragma once

#include <memory>
#include <string>

#include "server/http/listener.hpp"
#include "server/metrics/readings.hpp"

namespace pawl::server {

/// What `/metrics` is answered with. docs/metrics.md describes every metric. Safe for concurrent
/// use.
class metrics {
 public:
  metrics();
  ~metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  /// Counts a request that was answered; for `http::listener_parts::observer`. Does not block for
  /// long.
  void observe(const http::finished_request& one);

  /// Everything in Prometheus' text format, version 0.0.4.
  [[nodiscard]] std::string text(const readings& now) const;
  /// The media type of that.
  static constexpr const char* content_type = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct inside;
  const std::unique_ptr<inside> inside_;
};

}  // namespace pawl::server
