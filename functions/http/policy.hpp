#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::functions::http {

/// Policy of core.http; section `http` of the configuration.
struct policy {
  /// Allowed hosts. "*" is every host with a public address. "api.example.com", an IP address and
  /// "*.example.com" name hosts, whose addresses need not be public. A suffix ":8080" limits an
  /// entry to that port. Empty: none.
  std::vector<std::string> allow_hosts = {"*"};
  /// Maximum size of the body of a response.
  std::size_t max_response_bytes = 4u << 20;
  /// Default time-out of a call, redirects included.
  std::chrono::milliseconds timeout{30'000};
  /// Maximum time to connect (DNS, TCP, TLS).
  std::chrono::milliseconds connect_timeout{10'000};
  /// PEM file of CA certificates that are trusted besides those of the system. Empty: none.
  std::string ca_file = {};
};

/// The addresses of a host that may be called.
enum class reach : std::uint8_t { none, public_addresses, all_addresses };

/// Applies `rules` to a host and port. The host must be in lower case, without brackets and
/// trailing dot.
[[nodiscard]] reach reach_of(const policy& rules, std::string_view host, std::uint16_t port);

}  // namespace pawl::functions::http
