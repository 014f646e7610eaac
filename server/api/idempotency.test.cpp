#include "server/api/idempotency.hpp"

#include "tests/support/catch.hpp"

using namespace pawl::server;
using namespace std::chrono_literals;
using entry_status = idempotency_table::entry_status;

namespace {

struct table_fixture {
  idempotency_table::steady_time now{};
  idempotency_table table;
  std::vector<std::string> answers;

  explicit table_fixture(idempotency_table::limits allowed = {})
      : table(allowed, [this] { return now; }) {}

  idempotency_table::begun begin(const std::string& key, const std::string& what,
                                 const std::string& owner = {}) {
    return table.begin(
        key, what,
        [this](const http::response* answer) {
          answers.push_back(answer == nullptr ? "nothing" : answer->body);
        },
        owner);
  }
};

}  // namespace

TEST_CASE("a repeated request gets the same answer", "[idempotency]") {
  table_fixture f;
  auto first = f.begin("k", "a");
  REQUIRE(first.status == entry_status::created);
  first.ticket.complete({200, {}, "done"});
  const auto again = f.begin("k", "a");
  CHECK(again.status == entry_status::completed);
  CHECK(again.answer.body == "done");
}

TEST_CASE("a request repeated while the first is pending waits for its answer", "[idempotency]") {
  table_fixture f;
  auto first = f.begin("k", "a");
  CHECK(f.begin("k", "a").status == entry_status::in_progress);
  CHECK(f.answers.empty());
  first.ticket.complete({200, {}, "done"});
  CHECK(f.answers == std::vector<std::string>{"done"});
}

TEST_CASE("a key that was used for a different request is refused", "[idempotency]") {
  table_fixture f;
  const auto first = f.begin("k", "a");
  CHECK(f.begin("k", "b").status == entry_status::mismatch);
  CHECK(f.begin("other", "b").status == entry_status::created);
}

TEST_CASE("answers that a retry may change are not stored", "[idempotency]") {
  table_fixture f;
  for (const unsigned status : {408u, 429u, 500u, 503u}) {
    auto first = f.begin("k", "a");
    CHECK(first.status == entry_status::created);
    first.ticket.complete({status, {}, "busy"});
  }
  auto refused = f.begin("k", "a");
  refused.ticket.complete({409, {}, "no"});
  CHECK(f.begin("k", "a").status == entry_status::completed);
}

TEST_CASE("an abandoned request is removed and the waiters are called", "[idempotency]") {
  table_fixture f;
  {
    const auto first = f.begin("k", "a");
    CHECK(f.begin("k", "a").status == entry_status::in_progress);
  }
  CHECK(f.answers == std::vector<std::string>{"nothing"});
  CHECK(f.begin("k", "a").status == entry_status::created);
}

TEST_CASE("answers are kept for a day", "[idempotency]") {
  table_fixture f;
  f.begin("k", "a").ticket.complete({200});
  f.now += 24h - 1s;
  CHECK(f.begin("k", "a").status == entry_status::completed);
  f.now += 1s;
  CHECK(f.begin("k", "b").status == entry_status::created);
}

TEST_CASE("a full table drops the oldest answers but no pending request", "[idempotency]") {
  table_fixture f{{4, 1 << 20}};
  for (const auto* const key : {"a", "b", "c", "d"}) f.begin(key, "x").ticket.complete({200});
  const auto fifth = f.begin("e", "x");
  CHECK(fifth.status == entry_status::created);  // "a" was dropped
  const auto sixth = f.begin("a", "x");
  CHECK(sixth.status == entry_status::created);  // "b" was dropped
  CHECK(f.begin("f", "x").status == entry_status::full);
  CHECK(f.begin("e", "x").status == entry_status::in_progress);
}

TEST_CASE("the pending requests of one scope leave room for those of another", "[idempotency]") {
  table_fixture f{{10, 1 << 20}};
  std::vector<idempotency_table::ticket> held;
  for (int i = 0; i < 5; ++i) {
    auto begun = f.begin("loud" + std::to_string(i), "x", "loud");
    REQUIRE(begun.status == entry_status::created);
    held.push_back(std::move(begun.ticket));
  }
  CHECK(f.begin("loud5", "x", "loud").status == entry_status::full);
  auto quiet = f.begin("a", "x", "quiet");
  CHECK(quiet.status == entry_status::created);
  held.clear();
  CHECK(f.begin("loud5", "x", "loud").status == entry_status::created);
}

TEST_CASE("a table is bounded in bytes", "[idempotency]") {
  table_fixture f{{1000, 1000}};
  f.begin("a", "x").ticket.complete({200, {}, std::string(2000, 'x')});
  CHECK(f.begin("b", "x").status == entry_status::created);
  CHECK(f.begin("a", "y").status == entry_status::created);  // the large answer was dropped
}

TEST_CASE("a scope's stored answers are not displaced by another scope", "[idempotency]") {
  table_fixture f{{10, 1 << 20}};
  f.begin("a", "x", "quiet").ticket.complete({200, {}, "kept"});
  f.begin("b", "x", "quiet").ticket.complete({200, {}, "kept"});
  for (int i = 0; i < 100; ++i)
    f.begin("flood" + std::to_string(i), "x", "loud").ticket.complete({200});
  CHECK(f.begin("a", "x", "quiet").answer.body == "kept");
  CHECK(f.begin("b", "x", "quiet").answer.body == "kept");
  CHECK(f.begin("flood99", "x", "loud").status == entry_status::completed);
  CHECK(f.begin("flood0", "x", "loud").status == entry_status::created);
}

TEST_CASE("large answers displace those of their own scope", "[idempotency]") {
  table_fixture f{{1000, 10'000}};
  f.begin("a", "x", "quiet").ticket.complete({200, {}, "kept"});
  for (int i = 0; i < 20; ++i)
    f.begin("flood" + std::to_string(i), "x", "loud")
        .ticket.complete({200, {}, std::string(3000, 'x')});
  CHECK(f.begin("a", "x", "quiet").answer.body == "kept");
  CHECK(f.begin("flood0", "x", "loud").status == entry_status::created);
}

TEST_CASE("different lists of texts have different fingerprints", "[idempotency]") {
  CHECK(fingerprint_of({"a", "b"}) == fingerprint_of({"a", "b"}));
  CHECK(fingerprint_of({"ab", ""}) != fingerprint_of({"a", "b"}));
  CHECK(fingerprint_of({"a"}).size() == 32);
}

TEST_CASE("answers about a run are forgotten with it", "[idempotency]") {
  table_fixture f;
  const auto begin_for = [&](const std::string& key, const std::string& run) {
    return f.table.begin(key, "what", {}, {}, idempotency_table::kept_answers::final_ones, run);
  };
  auto one = begin_for("one", "a");
  one.ticket.complete({200, {}, "of a"});
  auto other = begin_for("other", "b");
  other.ticket.complete({200, {}, "of b"});
  auto several = begin_for("several", "");
  several.ticket.concern("a");
  several.ticket.concern("b");
  several.ticket.concern("a");
  several.ticket.complete({200, {}, "of a and b"});
  several.ticket.concern("c");  // of no effect any more
  auto pending = begin_for("pending", "a");

  f.table.forget_run("a");
  CHECK(begin_for("one", "a").status == entry_status::created);
  CHECK(begin_for("several", "").status == entry_status::created);
  CHECK(begin_for("other", "b").status == entry_status::completed);
  CHECK(f.begin("pending", "what").status == entry_status::in_progress);
  pending.ticket.complete({200, {}, "late"});
  CHECK(f.answers == std::vector<std::string>{"late"});
  CHECK(begin_for("pending", "a").status == entry_status::created);
  f.table.forget_run("nobody");
}

TEST_CASE("answers about runs make room as all others", "[idempotency]") {
  idempotency_table::limits few;
  few.max_entries = 2;
  table_fixture f{few};
  for (int i = 0; i < 10; ++i) {
    auto begun = f.table.begin("k" + std::to_string(i), "what", {}, {},
                               idempotency_table::kept_answers::final_ones, "run");
    REQUIRE(begun.status == entry_status::created);
    begun.ticket.complete({200, {}, "done"});
  }
  f.table.forget_run("run");
  CHECK(f.begin("k9", "what").status == entry_status::created);
}
