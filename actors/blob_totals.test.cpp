#include "actors/blob_totals.hpp"

#include <string>

#include "persistence/blobs.hpp"
#include "persistence/conformance.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::actors;

namespace {

scope_name totals_scope() {
  return parse_scope_name("totals").value();
}

}  // namespace

TEST_CASE("the bytes of the blobs of each scope are limited", "[blobs]") {
  blob_totals totals{100};
  CHECK(totals.add(default_scope(), 100));
  const auto refused = totals.add(default_scope(), 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::limit_exceeded);
  CHECK(refused.error().message.find("blobs.max_scope_bytes") != std::string::npos);
  CHECK(totals.add(default_scope(), 0));
  CHECK(totals.add(totals_scope(), 60));
  CHECK_FALSE(totals.add(totals_scope(), 41));
  CHECK(totals.all() == 160);

  totals.subtract(default_scope(), 30);
  CHECK(totals.add(default_scope(), 30));
  totals.subtract(default_scope(), 100);
  totals.subtract(default_scope(), 5);  // which it does not have
  CHECK(totals.all() == 60);

  blob_totals unlimited{0};
  CHECK(unlimited.add(default_scope(), std::uint64_t{1} << 60));
}

TEST_CASE("the blobs of a store are counted", "[blobs]") {
  persistence::memory_store store;
  persistence::batch writes;
  const auto put = [&](const scope_name& scope, char hash, std::uint64_t size) {
    const persistence::blob_head head{
        std::string(persistence::keys::blob_content_bytes, hash), size, "text/plain", {}, {}};
    persistence::put_blob_head(
        writes, {scope, std::string(persistence::keys::blob_hash_bytes, hash)}, head);
  };
  put(default_scope(), 'a', 10);
  put(default_scope(), 'b', 20);
  put(totals_scope(), 'a', 90);
  writes.put(persistence::column::blobs,
             persistence::keys::blob_head(default_scope(), std::string(32, 'c')), "damaged");
  const auto now = persistence::conformance::commit(store, {writes});

  blob_totals totals{100};
  // More than the limit is counted, too.
  REQUIRE(totals.count(*now));
  CHECK(totals.all() == 120);
  CHECK(totals.add(default_scope(), 70));
  CHECK_FALSE(totals.add(default_scope(), 1));
  CHECK_FALSE(totals.add(totals_scope(), 11));
}
