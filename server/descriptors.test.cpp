#include "server/descriptors.hpp"

#include <sys/resource.h>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::server;

namespace {

/// Sets the soft limit of open files, and sets it back.
class file_limit {
 public:
  explicit file_limit(rlim_t files) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit lower{.rlim_cur = files, .rlim_max = before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
  }
  ~file_limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  file_limit(const file_limit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("the HTTP calls that a server can make count in the reserve of descriptors",
          "[descriptors]") {
  settings few, many;
  few.executor.max_http_calls = 10;
  many.executor.max_http_calls = 1'000;
  CHECK(reserved_descriptors(many) >= reserved_descriptors(few) + 990);
  const file_limit files{4'000};
  CHECK(affordable_connections(many) + 990 <= affordable_connections(few));
}

TEST_CASE("HTTP calls get at most a quarter of the descriptors, and at least one call",
          "[descriptors]") {
  settings s;
  s.executor.max_http_calls = 1'000;
  for (const rlim_t limit : {64, 256, 1'024, 4'096}) {
    const file_limit files{limit};
    settings lowered = s;
    lowered.executor.max_http_calls = affordable_http_calls(s);
    CAPTURE(limit, lowered.executor.max_http_calls);
    settings none = lowered;
    none.executor.max_http_calls = 0;
    CHECK(lowered.executor.max_http_calls >= 1);
    CHECK(reserved_descriptors(lowered) - reserved_descriptors(none) <= limit / 4);
  }
  s.executor.max_http_calls = 3;
  CHECK(affordable_http_calls(s) == 3);
}
