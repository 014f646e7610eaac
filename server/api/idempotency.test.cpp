#include "server/api/idempotency.hpp"

#include "tests/support/catch.hpp"

using namespace pawl::server;
using namespace std::chrono_literals;
using standing = idempotency_table::standing;

namespace {

struct table_fixture {
  idempotency_table::steady_time now{};
  idempotency_table table;
  std::vector<std::string> told;

  explicit table_fixture(idempotency_table::limits allowed = {})
      : table(allowed, [this] { return now; }) {}

  idempotency_table::begun begin(const std::string& key, const std::string& what) {
    return table.begin(key, what, [this](const http::response* answer) {
      told.push_back(answer == nullptr ? "nothing" : answer->body);
    });
  }
};

}  // namespace

TEST_CASE("a request that is sent again is answered the same", "[idempotency]") {
  table_fixture f;
  auto first = f.begin("k", "a");
  REQUIRE(first.standing == standing::first);
  first.ticket.answered({200, {}, "done"});
  const auto again = f.begin("k", "a");
  CHECK(again.standing == standing::known);
  CHECK(again.answer.body == "done");
}

TEST_CASE("one that comes while the first is done waits for it", "[idempotency]") {
  table_fixture f;
  auto first = f.begin("k", "a");
  CHECK(f.begin("k", "a").standing == standing::awaited);
  CHECK(f.told.empty());
  first.ticket.answered({200, {}, "done"});
  CHECK(f.told == std::vector<std::string>{"done"});
}

TEST_CASE("a key that is used for another request is refused", "[idempotency]") {
  table_fixture f;
  const auto first = f.begin("k", "a");
  CHECK(f.begin("k", "b").standing == standing::mismatch);
  CHECK(f.begin("other", "b").standing == standing::first);
}

TEST_CASE("what may be answered otherwise the next time is not kept", "[idempotency]") {
  table_fixture f;
  for (const unsigned status : {408u, 429u, 500u, 503u}) {
    auto first = f.begin("k", "a");
    CHECK(first.standing == standing::first);
    first.ticket.answered({status, {}, "busy"});
  }
  auto refused = f.begin("k", "a");
  refused.ticket.answered({409, {}, "no"});
  CHECK(f.begin("k", "a").standing == standing::known);
}

TEST_CASE("a request that goes away unanswered is forgotten, and who waits is told",
          "[idempotency]") {
  table_fixture f;
  {
    const auto first = f.begin("k", "a");
    CHECK(f.begin("k", "a").standing == standing::awaited);
  }
  CHECK(f.told == std::vector<std::string>{"nothing"});
  CHECK(f.begin("k", "a").standing == standing::first);
}

TEST_CASE("answers are kept for a day", "[idempotency]") {
  table_fixture f;
  f.begin("k", "a").ticket.answered({200});
  f.now += 24h - 1s;
  CHECK(f.begin("k", "a").standing == standing::known);
  f.now += 1s;
  CHECK(f.begin("k", "b").standing == standing::first);
}

TEST_CASE("a full table lets the oldest answers go, but none that is awaited", "[idempotency]") {
  table_fixture f{{2, 1 << 20}};
  f.begin("a", "x").ticket.answered({200});
  f.begin("b", "x").ticket.answered({200});
  const auto third = f.begin("c", "x");
  CHECK(third.standing == standing::first);  // "a" went
  const auto fourth = f.begin("a", "x");
  CHECK(fourth.standing == standing::first);  // "b" went
  CHECK(f.begin("d", "x").standing == standing::full);
}

TEST_CASE("a table is bounded in bytes", "[idempotency]") {
  table_fixture f{{1000, 1000}};
  f.begin("a", "x").ticket.answered({200, {}, std::string(2000, 'x')});
  CHECK(f.begin("b", "x").standing == standing::first);
  CHECK(f.begin("a", "y").standing == standing::first);  // the large answer went
}

TEST_CASE("different lists of texts have different fingerprints", "[idempotency]") {
  CHECK(fingerprint_of({"a", "b"}) == fingerprint_of({"a", "b"}));
  CHECK(fingerprint_of({"ab", ""}) != fingerprint_of({"a", "b"}));
  CHECK(fingerprint_of({"a"}).size() == 32);
}
