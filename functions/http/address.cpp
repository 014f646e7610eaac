#include "functions/http/address.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace pawl::functions::http {
namespace {

constexpr std::uint32_t ipv4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

struct ipv4_block {
  std::uint32_t first;
  unsigned prefix_bits;
};

constexpr ipv4_block special_ipv4[] = {
    {ipv4(0, 0, 0, 0), 8},        // "this network"
    {ipv4(10, 0, 0, 0), 8},       // private
    {ipv4(100, 64, 0, 0), 10},    // shared by a carrier's customers
    {ipv4(127, 0, 0, 0), 8},      // loopback
    {ipv4(169, 254, 0, 0), 16},   // link-local; where clouds keep their metadata
    {ipv4(172, 16, 0, 0), 12},    // private
    {ipv4(192, 0, 0, 0), 24},     // protocol assignments
    {ipv4(192, 0, 2, 0), 24},     // documentation
    {ipv4(192, 88, 99, 0), 24},   // 6to4 relays
    {ipv4(192, 168, 0, 0), 16},   // private
    {ipv4(198, 18, 0, 0), 15},    // benchmarks
    {ipv4(198, 51, 100, 0), 24},  // documentation
    {ipv4(203, 0, 113, 0), 24},   // documentation
    {ipv4(224, 0, 0, 0), 3},      // multicast, reserved and broadcast
};

using ipv6_bytes = std::array<std::uint8_t, 16>;

struct ipv6_block {
  ipv6_bytes first;
  unsigned prefix_bits;
};

constexpr ipv6_block ipv4_mapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};
constexpr ipv6_block nat64{{0, 0x64, 0xff, 0x9b}, 96};
constexpr ipv6_block global_unicast{{0x20}, 3};

/// Within `global_unicast`.
constexpr ipv6_block special_ipv6[] = {
    {{0x20, 0x01, 0x00}, 23},        // protocol assignments, Teredo
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x20, 0x02}, 16},              // 6to4
    {{0x3f, 0xff}, 20},              // documentation
};

bool is_in(const ipv4_block& block, std::uint32_t address) noexcept {
  return (address ^ block.first) >> (32 - block.prefix_bits) == 0;
}

bool is_in(const ipv6_block& block, const ipv6_bytes& address) noexcept {
  const auto whole = block.prefix_bits / 8;
  const auto rest = block.prefix_bits % 8;
  if (!std::equal(address.begin(), address.begin() + whole, block.first.begin())) return false;
  return rest == 0 || (address[whole] ^ block.first[whole]) >> (8 - rest) == 0;
}

bool is_public_ipv4(std::uint32_t address) noexcept {
  return std::none_of(std::begin(special_ipv4), std::end(special_ipv4),
                      [&](const ipv4_block& block) { return is_in(block, address); });
}

bool is_public_ipv6(const ipv6_bytes& a) noexcept {
  if (is_in(ipv4_mapped, a) || is_in(nat64, a))
    return is_public_ipv4(ipv4(a[12], a[13], a[14], a[15]));
  return is_in(global_unicast, a) &&
         std::none_of(std::begin(special_ipv6), std::end(special_ipv6),
                      [&](const ipv6_block& block) { return is_in(block, a); });
}

}  // namespace

bool is_public_address(const void* address, std::size_t size) noexcept {
  sockaddr_storage copy{};
  std::memcpy(&copy, address, std::min(size, sizeof copy));
  if (copy.ss_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, &copy, sizeof v4);
    return is_public_ipv4(ntohl(v4.sin_addr.s_addr));
  }
  if (copy.ss_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &copy, sizeof v6);
    ipv6_bytes bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return is_public_ipv6(bytes);
  }
  return false;
}

}  // namespace pawl::functions::http
