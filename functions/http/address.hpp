#pragma once

#include <cstddef>

namespace pawl::functions::http {

/// True if a socket address of `size` bytes (a sockaddr_in or sockaddr_in6) is one that anybody on
/// the internet could call: neither loopback, link-local, private, shared, reserved, documentation
/// nor multicast, by the IANA registries of special-purpose addresses (RFC 6890 and its updates).
/// An IPv4 address within an IPv6 one is judged as such; where tunnels are made of it (6to4,
/// Teredo) it is refused. Any other family is not public.
[[nodiscard]] bool is_public_address(const void* address, std::size_t size) noexcept;

}  // namespace pawl::functions::http
