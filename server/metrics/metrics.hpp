#pragma once

#include <memory>
#include <string>

#include "server/http/listener.hpp"
#include "server/metrics/readings.hpp"

namespace pawl::server {

/// The metrics of `/metrics`, described in docs/metrics.md. Safe for concurrent use.
class metrics {
 public:
  metrics();
  ~metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;

  /// Counts a finished request; for `http::listener_options::observer`. Does not block for long.
  void observe(const http::finished_request& one);

  /// All metrics in Prometheus' text format, version 0.0.4.
  [[nodiscard]] std::string text(const readings& now) const;
  /// The media type of `text`.
  static constexpr const char* content_type = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct impl;
  const std::unique_ptr<impl> impl_;
};

}  // namespace pawl::server
