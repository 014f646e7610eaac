#include "actors/blob_guard.hpp"

#include <string>

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::actors;
using namespace std::chrono_literals;

namespace {

persistence::blob_key guarded_blob(std::size_t n) {
  return {default_scope(), std::to_string(n)};
}

}  // namespace

TEST_CASE("a blob that was touched is not deleted for a while", "[blobs]") {
  blob_guard guard{10s};
  const time_point now = from_unix_us(1'000'000);
  CHECK(guard.touch(guarded_blob(1), now));
  CHECK_FALSE(guard.condemn(guarded_blob(1), now + 9s));
  CHECK(guard.condemn(guarded_blob(1), now + 10s));
  CHECK_FALSE(guard.condemn(guarded_blob(1), now + 10s));
  CHECK_FALSE(guard.touch(guarded_blob(1), now + 10s));
  guard.release(guarded_blob(1));
  CHECK(guard.touch(guarded_blob(1), now + 11s));
}

TEST_CASE("beyond the bound all blobs are kept for a while", "[blobs]") {
  blob_guard guard{10s};
  const time_point now = from_unix_us(1'000'000);
  for (std::size_t n = 0; n <= blob_guard::most; ++n) CHECK(guard.touch(guarded_blob(n), now));
  const auto unknown = guarded_blob(blob_guard::most + 7);
  CHECK_FALSE(guard.condemn(unknown, now + 9s));
  CHECK(guard.condemn(unknown, now + 10s));
  // What is old is forgotten, so there is place again.
  CHECK(guard.touch(guarded_blob(blob_guard::most + 8), now + 10s));
  CHECK(guard.condemn(guarded_blob(0), now + 11s));
}
