#pragma once

#include <cstddef>

namespace pawl::functions::http {

/// Returns whether a socket address of `size` bytes (a sockaddr_in or sockaddr_in6) is public: not
/// loopback, link-local, private, shared, reserved, documentation or multicast, according to the
/// IANA registries of special-purpose addresses (RFC 6890 and its updates). An IPv4 address mapped
/// into IPv6 is checked as IPv4; tunnel addresses (6to4, Teredo) and other address families are not
/// public.
[[nodiscard]] bool is_public_address(const void* address, std::size_t size) noexcept;

}  // namespace pawl::functions::http
