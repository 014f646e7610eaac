#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::functions::http {

/// What core.http may do. The configuration's section `http`.
struct policy {
  /// Hosts that may be called. "*" is every host with a public address. "api.example.com", an IP
  /// address and "*.example.com" name hosts, whose addresses then need not be public; ":8080"
  /// behind one limits it to this port. Empty: none may be called.
  std::vector<std::string> allow_hosts = {"*"};
  /// The longest body of a response.
  std::size_t max_response_bytes = 4u << 20;
  /// How long a call may take, redirects included, whose step names no `timeout_ms`.
  std::chrono::milliseconds timeout{30'000};
  /// How long finding, reaching and greeting a host (DNS, TCP, TLS) may take.
  std::chrono::milliseconds connect_timeout{10'000};
  /// A PEM file with certificates of authorities that are trusted besides the system's. Empty:
  /// the system's only.
  std::string ca_file = {};
};

/// Which addresses of a host may be called.
enum class reach : std::uint8_t { none, public_addresses, all_addresses };

/// What `rules` say of a host, which is written in lower case, without brackets and without a dot
/// at its end, and a port of it.
[[nodiscard]] reach reach_of(const policy& rules, std::string_view host, std::uint16_t port);

}  // namespace pawl::functions::http
