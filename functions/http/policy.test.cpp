#include "functions/http/policy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "functions/http/address.hpp"
#include "tests/support/catch.hpp"

using pawl::functions::http::is_public_address;
using pawl::functions::http::policy;
using pawl::functions::http::reach;
using pawl::functions::http::reach_of;

namespace {

reach reach_with(std::vector<std::string> hosts, std::string_view host, std::uint16_t port = 443) {
  policy rules;
  rules.allow_hosts = std::move(hosts);
  return reach_of(rules, host, port);
}

bool is_public_ip(const std::string& text) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1)
    return is_public_address(&v4, sizeof v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  REQUIRE(::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1);
  return is_public_address(&v6, sizeof v6);
}

}  // namespace

TEST_CASE("without allowed hosts nothing may be called; the default allows public hosts") {
  CHECK(reach_with({}, "example.com") == reach::none);
  CHECK(reach_of(policy{}, "example.com", 80) == reach::public_addresses);
}

TEST_CASE("a named host may have any address") {
  CHECK(reach_with({"example.com"}, "example.com") == reach::all_addresses);
  CHECK(reach_with({"Example.COM."}, "example.com") == reach::all_addresses);
  CHECK(reach_with({"*", "example.com"}, "example.com") == reach::all_addresses);
  CHECK(reach_with({"example.com", "*"}, "other.com") == reach::public_addresses);
  CHECK(reach_with({"example.com"}, "a.example.com") == reach::none);
  CHECK(reach_with({"example.com"}, "badexample.com") == reach::none);
  CHECK(reach_with({"example.com"}, "example.com.evil.org") == reach::none);
}

TEST_CASE("a pattern matches subdomains but not the domain itself") {
  CHECK(reach_with({"*.example.com"}, "a.b.example.com") == reach::all_addresses);
  CHECK(reach_with({"*.example.com"}, "example.com") == reach::none);
  CHECK(reach_with({"*.example.com"}, "badexample.com") == reach::none);
}

TEST_CASE("a port in an entry allows only that port") {
  CHECK(reach_with({"localhost:8080"}, "localhost", 8080) == reach::all_addresses);
  CHECK(reach_with({"localhost:8080"}, "localhost", 80) == reach::none);
  CHECK(reach_with({"*.a.com:1"}, "b.a.com", 1) == reach::all_addresses);
  CHECK(reach_with({"[::1]:8080"}, "::1", 8080) == reach::all_addresses);
  CHECK(reach_with({"[::1]:8080"}, "::1", 8081) == reach::none);
  for (const char* bad : {"localhost:", "localhost:x", "localhost:99999", "[::1", "[::1]x", ""})
    CHECK(reach_with({bad}, "localhost") == reach::none);
}

TEST_CASE("an IPv6 address matches in every spelling") {
  CHECK(reach_with({"0:0:0:0:0:0:0:1"}, "::1") == reach::all_addresses);
  CHECK(reach_with({"[2001:DB8::0]"}, "2001:db8::") == reach::all_addresses);
  CHECK(reach_with({"::1"}, "::2") == reach::none);
}

TEST_CASE("special-purpose addresses are not public") {
  for (const char* text : {"0.0.0.0",
                           "10.255.255.255",
                           "100.64.0.1",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.8",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.0.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::ffff:127.0.0.1",
                           "64:ff9b::7f00:1",
                           "64:ff9b:1::808:808",
                           "100::1",
                           "2001::1",
                           "2001:1ff::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "2002:808:808::",
                           "3fff:fff::1",
                           "4000::1",
                           "5f00::1",
                           "fc00::1",
                           "fdff::1",
                           "fe80::1",
                           "febf::1",
                           "ff02::1"}) {
    CAPTURE(text);
    CHECK_FALSE(is_public_ip(text));
  }
}

TEST_CASE("addresses next to the special-purpose blocks are public") {
  for (const char* text :
       {"1.1.1.1",          "9.255.255.255",   "11.0.0.0",        "100.63.255.255",
        "100.128.0.0",      "126.255.255.255", "128.0.0.0",       "169.253.255.255",
        "172.15.255.255",   "172.32.0.0",      "192.0.1.0",       "192.167.0.1",
        "198.17.255.255",   "198.20.0.0",      "223.255.255.255", "::ffff:8.8.8.8",
        "64:ff9b::808:808", "2001:200::1",     "2606:4700::1111", "2a00:1450::1",
        "3ffe::1",          "3fff:1000::1"}) {
    CAPTURE(text);
    CHECK(is_public_ip(text));
  }
}

TEST_CASE("an address of another family is not public") {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  CHECK_FALSE(is_public_address(&local, sizeof local));
  sockaddr_in cut{};
  cut.sin_family = AF_INET;
  cut.sin_addr.s_addr = htonl(0x08080808);
  CHECK(is_public_address(&cut, sizeof cut));
  CHECK_FALSE(is_public_address(&cut, 4));
}
