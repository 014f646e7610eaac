#include "server/security/failed_logins.hpp"

#include "tests/support/catch.hpp"

using pawl::server::failed_logins;
using namespace std::chrono_literals;

namespace {
const failed_logins::moment begin_of_time{1h};
}

TEST_CASE("A peer has as many failures as a minute allows, then one for each part of it") {
  failed_logins failures{6};
  for (int i = 0; i < 6; ++i) CHECK_FALSE(failures.count("10.0.0.1", begin_of_time).limited);
  const auto over = failures.count("10.0.0.1", begin_of_time + 1s);
  CHECK(over.limited);
  CHECK(over.retry_after == 9s);
  CHECK_FALSE(failures.count("10.0.0.1", begin_of_time + 10s).limited);
  CHECK(failures.count("10.0.0.1", begin_of_time + 10s).limited);
  CHECK_FALSE(failures.count("10.0.0.1", begin_of_time + 1h).limited);
}

TEST_CASE("Only the first refusal of a row is worth telling") {
  failed_logins failures{1};
  CHECK(failures.count("a", begin_of_time).worth_telling);
  CHECK(failures.count("a", begin_of_time).worth_telling);
  CHECK_FALSE(failures.count("a", begin_of_time).worth_telling);
  CHECK_FALSE(failures.count("a", begin_of_time + 59s).worth_telling);
  CHECK(failures.count("a", begin_of_time + 60s).worth_telling);
  CHECK(failures.count("a", begin_of_time + 60s).worth_telling);
}

TEST_CASE("Peers do not share a limit, but the addresses of one IPv6 network do") {
  failed_logins failures{1};
  CHECK_FALSE(failures.count("10.0.0.1", begin_of_time).limited);
  CHECK_FALSE(failures.count("10.0.0.2", begin_of_time).limited);
  CHECK_FALSE(failures.count("2001:db8:1:2::1", begin_of_time).limited);
  CHECK(failures.count("2001:db8:1:2:3:4:5:6", begin_of_time).limited);
  CHECK_FALSE(failures.count("2001:db8:1:3::1", begin_of_time).limited);
}

TEST_CASE("A bounded number of peers is kept; the others share a limit until there is room") {
  failed_logins failures{1, 100};
  for (int i = 0; i < 10'000; ++i)
    static_cast<void>(failures.count("peer" + std::to_string(i), begin_of_time));
  CHECK(failures.peers() == 101);
  CHECK(failures.count("another", begin_of_time).limited);
  CHECK_FALSE(failures.count("another", begin_of_time + 60s).limited);
  CHECK(failures.peers() <= 2);
}
