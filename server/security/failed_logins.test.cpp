#include "server/security/failed_logins.hpp"

#include "tests/support/catch.hpp"

using pawl::server::failed_logins;
using namespace std::chrono_literals;

namespace {
const failed_logins::time_point start_time{1h};
}

TEST_CASE("A peer has a minute's allowance of failures, which refills continuously") {
  failed_logins failures{6};
  for (int i = 0; i < 6; ++i) CHECK_FALSE(failures.count("10.0.0.1", start_time).limited);
  const auto over = failures.count("10.0.0.1", start_time + 1s);
  CHECK(over.limited);
  CHECK(over.retry_after == 9s);
  CHECK_FALSE(failures.count("10.0.0.1", start_time + 10s).limited);
  CHECK(failures.count("10.0.0.1", start_time + 10s).limited);
  CHECK_FALSE(failures.count("10.0.0.1", start_time + 1h).limited);
}

TEST_CASE("Only the first of consecutive refusals is logged") {
  failed_logins failures{1};
  CHECK(failures.count("a", start_time).should_log);
  CHECK(failures.count("a", start_time).should_log);
  CHECK_FALSE(failures.count("a", start_time).should_log);
  CHECK_FALSE(failures.count("a", start_time + 59s).should_log);
  CHECK(failures.count("a", start_time + 60s).should_log);
  CHECK(failures.count("a", start_time + 60s).should_log);
}

TEST_CASE("Each peer has its own limit; the addresses of an IPv6 network share one") {
  failed_logins failures{1};
  CHECK_FALSE(failures.count("10.0.0.1", start_time).limited);
  CHECK_FALSE(failures.count("10.0.0.2", start_time).limited);
  CHECK_FALSE(failures.count("2001:db8:1:2::1", start_time).limited);
  CHECK(failures.count("2001:db8:1:2:3:4:5:6", start_time).limited);
  CHECK_FALSE(failures.count("2001:db8:1:3::1", start_time).limited);
}

TEST_CASE("The number of tracked peers is bounded; further peers share a limit") {
  failed_logins failures{1, 100};
  for (int i = 0; i < 10'000; ++i)
    static_cast<void>(failures.count("peer" + std::to_string(i), start_time));
  CHECK(failures.peers() == 101);
  CHECK(failures.count("another", start_time).limited);
  CHECK_FALSE(failures.count("another", start_time + 60s).limited);
  CHECK(failures.peers() <= 2);
}
