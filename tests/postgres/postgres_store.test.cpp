#include "persistence/postgres/postgres_store.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <thread>

#include "persistence/codec.hpp"
#include "persistence/conformance.hpp"
#include "persistence/keys.hpp"
#include "persistence/migrations.hpp"
#include "persistence/postgres/connection.hpp"
#include "persistence/store_copy.hpp"
#include "persistence/store_ownership.hpp"
#include "persistence/testing/random_operations.hpp"
#include "tests/postgres/proxy.hpp"
#include "tests/postgres/server.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::conformance;
using namespace std::chrono_literals;
using pawl::tests::postgres_server;
using pawl::tests::proxy;

namespace {

/// One server for all tests. Each test begins with an empty database.
postgres_server& server() {
  static postgres_server only;
  return only;
}

postgres_server& empty_server() {
  server().sql("DROP SCHEMA IF EXISTS pawl CASCADE");
  return server();
}

std::unique_ptr<store> open_good(const std::string& url, const postgres_options& options = {}) {
  auto opened = open_postgres_store(url, options);
  if (!opened) FAIL(opened.error().message);
  return std::move(opened).value();
}

error open_bad(const std::string& url, const postgres_options& options = {}) {
  const auto opened = open_postgres_store(url, options);
  REQUIRE_FALSE(opened);
  CAPTURE(opened.error().message);
  return opened.error();
}

bool mentions(const error& failure, std::string_view text) {
  return failure.message.find(text) != std::string::npos;
}

batch adding_one() {
  batch changes = putting(column::runs, {{"k", "v"}});
  changes.add("n", 1);
  return changes;
}

/// Commits and returns the error, if there is one.
std::optional<error> try_commit(store& to, const batch& changes) {
  const batch* const batches[] = {&changes};
  if (const auto written = to.write(batches); !written) return written.error();
  if (const auto synced = to.sync(); !synced) return synced.error();
  return std::nullopt;
}

void eventually(const std::function<bool()>& condition) {
  const auto give_up = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    REQUIRE(std::chrono::steady_clock::now() < give_up);
    std::this_thread::sleep_for(10ms);
  }
}

}  // namespace

TEST_CASE("the PostgreSQL store fulfils the store contract", "[postgres][conformance]") {
  auto& database = empty_server();
  check_contract({[&] { return open_good(database.url()); }, true, false});
}

TEST_CASE("the stores in memory and on PostgreSQL return the same results", "[postgres][random]") {
  auto& database = empty_server();
  memory_store memory;
  testing::compare_with_memory(
      memory, [&](int) { return open_good(database.url()); }, 6s);
}

TEST_CASE("the stores return the same results when PostgreSQL has compressed, encrypted values",
          "[postgres][random]") {
  auto& database = empty_server();
  memory_store memory;
  testing::compare_with_memory(
      memory,
      [&](int openings) {
        return open_good(database.url(), {.codec = testing::codec_after(openings)});
      },
      6s);
}

TEST_CASE("values are encrypted in the database; a store whose key is missing is refused",
          "[postgres][encryption]") {
  auto& database = empty_server();
  const std::string secret = "the customer's secret";
  {
    const auto owned =
        open_good(database.url(), {.codec = values::codec_with(values::key_line("k1", '1'))});
    commit(*owned, {putting(column::runs, {{"k", secret}})});
    CHECK(get(*owned->durable_view(), column::runs, "k") == secret);
    // A scan of stored values returns what is in the database.
    view::range stored;
    stored.stored = true;
    CHECK(scan(*owned->durable_view(), column::runs, stored).at(0).second != secret);
  }
  CHECK(database.sql("SELECT position(convert_to('secret', 'UTF8') IN v) FROM pawl.runs") == "0");
  const error refused = open_bad(database.url());
  CHECK(refused.code == errc::invalid_argument);
  CHECK(mentions(refused, "k1"));
  // Nobody owns it after the refusal.
  CHECK(database.sql("SELECT owner IS NULL FROM pawl.partition") == "t");
}

TEST_CASE("a new PostgreSQL store has the current schema", "[postgres]") {
  const auto made = open_good(empty_server().url());
  CHECK(*read_schema(*made->durable_view()) == current_schema());
}

TEST_CASE("only one process owns a store; the error names the owner", "[postgres][ownership]") {
  auto& database = empty_server();
  auto owner = open_good(database.url(), {.node = "first", .url = "http://first:7717"});
  const auto first_epoch = owner->ownership()->epoch();
  CHECK(owner->ownership()->may_act());
  const error refused = open_bad(database.url(), {.node = "second"});
  CHECK(refused.code == errc::locked);
  CHECK(refused.type == "standby");
  CHECK(mentions(refused, "first"));
  CHECK(mentions(refused, "http://first:7717"));
  // An owner that closes the store gives it away at once.
  owner.reset();
  CHECK(open_good(database.url())->ownership()->epoch() > first_epoch);
}

TEST_CASE("a store is taken over when its owner is gone", "[postgres][ownership]") {
  auto& database = empty_server();
  open_good(database.url()).reset();

  SECTION("an owner without a session is taken for dead after a second") {
    database.sql("UPDATE pawl.partition SET owner = 'dead', lease_until = now() + '1 hour'");
    const auto begin = std::chrono::steady_clock::now();
    CHECK(open_good(database.url())->ownership()->may_act());
    CHECK(std::chrono::steady_clock::now() - begin >= 1s);
  }

  SECTION("an owner whose lease has ended") {
    database.sql("UPDATE pawl.partition SET owner = 'slow', lease_until = now() - '1 s'::interval");
    CHECK(open_good(database.url())->ownership()->may_act());
  }
}

TEST_CASE("a former owner cannot commit", "[postgres][ownership]") {
  auto& database = empty_server();
  // A long lease: the owner does not look by itself.
  auto owner = open_good(database.url(), {.lease = 60s});
  REQUIRE_FALSE(try_commit(*owner, adding_one()));
  database.sql("UPDATE pawl.partition SET epoch = epoch + 1");

  const auto refused = try_commit(*owner, adding_one());
  REQUIRE(refused);
  CHECK(refused->code == errc::unavailable);
  CHECK(refused->type == "fenced");
  CHECK(mentions(*refused, "another process has taken it over"));
  CHECK(counter(*owner->durable_view(), "n") == 1);
  const auto again = try_commit(*owner, adding_one());
  REQUIRE(again);
  CHECK(again->type == "fenced");
}

TEST_CASE("an idle owner notices that it lost the store", "[postgres][ownership]") {
  auto& database = empty_server();
  std::promise<error> lost;
  auto owner = open_good(database.url(), {.lease = 2s});
  owner->ownership()->at_loss([&](const error& why) { lost.set_value(why); });
  database.sql("UPDATE pawl.partition SET epoch = epoch + 1");
  auto told = lost.get_future();
  REQUIRE(told.wait_for(20s) == std::future_status::ready);
  CHECK(told.get().type == "fenced");
  CHECK(try_commit(*owner, adding_one()));
}

TEST_CASE("an idle owner renews its lease", "[postgres][ownership]") {
  auto& database = empty_server();
  const auto owner = open_good(database.url(), {.lease = 2s});
  const std::string first = database.sql("SELECT lease_until FROM pawl.partition");
  eventually([&] { return database.sql("SELECT lease_until FROM pawl.partition") != first; });
  CHECK(database.sql("SELECT lease_until > clock_timestamp() FROM pawl.partition") == "t");
  CHECK(owner->ownership()->may_act());
  CHECK(owner->ownership()->lease_age() < 2s);
}

TEST_CASE("a former owner that is stuck inside a transaction is ended", "[postgres][ownership]") {
  auto& database = empty_server();
  open_good(database.url()).reset();
  // A session as that of a process that is stopped after its fence.
  const auto stuck =
      postgres::connection::open(*postgres::parse_address(database.url()), "pawl writer");
  REQUIRE(stuck);
  REQUIRE((*stuck)
              ->run("UPDATE pawl.partition SET owner = 'stuck', pid = pg_backend_pid(), "
                    "lease_until = now()")
              .is_good());
  (*stuck)->queue("BEGIN");
  (*stuck)->queue("UPDATE pawl.partition SET last_group = last_group + 1");
  REQUIRE((*stuck)->exchange().is_good());

  const error refused = open_bad(database.url());
  CHECK(refused.type == "standby");
  CHECK(open_good(database.url())->ownership()->may_act());
  CHECK((*stuck)->run("COMMIT").failed);
}

TEST_CASE("a lost connection costs no commit", "[postgres][faults]") {
  auto& database = empty_server();
  // A server under load takes longer to start than the default lease.
  auto owner = open_good(database.url(), {.lease = 60s});
  REQUIRE_FALSE(try_commit(*owner, adding_one()));
  const auto held = owner->durable_view();
  CHECK(counter(*held, "n") == 1);

  SECTION("sessions that the server ends") {
    database.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE "
        "'pawl %'");
  }
  SECTION("a crash of the server") {
    database.crash();
    database.start();
  }
  REQUIRE_FALSE(try_commit(*owner, adding_one()));
  CHECK(counter(*owner->durable_view(), "n") == 2);
  // The snapshot is gone with its connection.
  const auto unreadable = held->counter("n");
  REQUIRE_FALSE(unreadable);
  CHECK(unreadable.error().code == errc::unavailable);
}

TEST_CASE("a commit whose answer is lost is applied once", "[postgres][faults]") {
  auto& database = empty_server();
  const std::filesystem::path folder = database.folder() / "proxy";
  std::filesystem::create_directory(folder);
  {
    proxy network{folder, database.folder()};
    auto owner = open_good(database.url(folder));
    REQUIRE_FALSE(try_commit(*owner, adding_one()));
    network.lose_next_answer();
    REQUIRE_FALSE(try_commit(*owner, adding_one()));
    CHECK(network.has_lost());
    CHECK(counter(*owner->durable_view(), "n") == 2);
    REQUIRE_FALSE(try_commit(*owner, adding_one()));
    CHECK(counter(*owner->durable_view(), "n") == 3);
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("a commit is not answered before the synchronous standby has it", "[postgres][faults]") {
  auto& database = empty_server();
  auto owner = open_good(database.url(), {.lease = 2s});
  database.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  database.sql("SELECT pg_reload_conf()");
  const std::string waiting =
      "FROM pg_stat_activity WHERE application_name = 'pawl writer' AND wait_event = 'SyncRep'";
  // The server reads its configuration after some of the commits.
  auto committed = std::async(std::launch::async, [&]() -> std::optional<error> {
    while (true) {
      const auto begin = std::chrono::steady_clock::now();
      if (auto failed = try_commit(*owner, adding_one())) return failed;
      if (std::chrono::steady_clock::now() - begin > 300ms) return std::nullopt;
    }
  });
  eventually([&] { return database.sql("SELECT count(*) " + waiting) == "1"; });

  SECTION("a cancelled wait is not a commit") {
    database.sql("SELECT pg_cancel_backend(pid) " + waiting);
  }
  SECTION("an ended wait is not a commit") {
    database.sql("SELECT pg_terminate_backend(pid) " + waiting);
  }
  SECTION("nobody takes the store over meanwhile, even after the lease") {
    eventually([&] {
      return database.sql("SELECT lease_until < clock_timestamp() FROM pawl.partition") == "t";
    });
    const error refused = open_bad(database.url(), {.node = "second"});
    CHECK(refused.type == "standby");
    CHECK(database.sql("SELECT count(*) " + waiting) == "1");
  }
  CHECK(committed.wait_for(500ms) == std::future_status::timeout);
  database.sql("ALTER SYSTEM RESET synchronous_standby_names");
  database.sql("SELECT pg_reload_conf()");
  REQUIRE(committed.wait_for(20s) == std::future_status::ready);
  CHECK_FALSE(committed.get());
}

TEST_CASE("what was committed with a synchronous standby survives the loss of the primary",
          "[postgres][faults]") {
  postgres_server primary;
  postgres_options options;
  options.require_sync_standby = true;
  const error refused = open_bad(primary.url(), options);
  CHECK(refused.code == errc::unavailable);
  CHECK(refused.type == "no_standby");
  CHECK(mentions(refused, "cluster.require_sync_standby"));
  CHECK(primary.sql("SELECT owner IS NULL FROM pawl.partition") == "t");
  CHECK_FALSE(open_good(primary.url())->ownership()->survives().machine);

  const postgres_server standby{primary.folder()};
  primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
  primary.sql("SELECT pg_reload_conf()");
  eventually([&] {
    return primary.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == "1";
  });
  auto owner = open_good(primary.url(), options);
  CHECK(owner->ownership()->survives().power);
  CHECK(owner->ownership()->survives().machine);
  const auto first_epoch = owner->ownership()->epoch();
  std::int64_t acknowledged = 0;

  SECTION("an owner stops when the standby is not required by the database any more") {
    primary.sql("ALTER SYSTEM RESET synchronous_standby_names");
    primary.sql("SELECT pg_reload_conf()");
    eventually([&] {
      const auto failed = try_commit(*owner, adding_one());
      if (!failed) std::this_thread::sleep_for(100ms);
      return failed && mentions(*failed, "no synchronous standby");
    });
  }

  SECTION("the standby is promoted after a crash of the primary under load") {
    std::atomic<bool> crashed{false};
    auto crashing = std::async(std::launch::async, [&] {
      std::this_thread::sleep_for(500ms);
      primary.crash();
      crashed = true;
    });
    const auto end = std::chrono::steady_clock::now() + 20s;
    auto commits = std::async(std::launch::async, [&] {
      while (!try_commit(*owner, adding_one()) && std::chrono::steady_clock::now() < end)
        ++acknowledged;
    });
    crashing.get();
    REQUIRE(crashed);
    // The owner tries until its lease has ended.
    commits.get();
    CHECK(acknowledged > 0);
    REQUIRE(standby.sql("SELECT pg_promote()") == "t");
    const auto next = open_good(standby.url());
    CHECK(next->ownership()->epoch() > first_epoch);
    // The last commit was not acknowledged and may be there.
    const auto found = counter(*next->durable_view(), "n");
    CHECK(found >= acknowledged);
    CHECK(found <= acknowledged + 1);
  }
}

TEST_CASE("a copy to a database and back has the same records", "[postgres][copy]") {
  auto& database = empty_server();
  memory_store source, back;
  batch changes = putting(column::flows, {{"large", std::string(std::size_t{5} << 20, 'f')}});
  for (int i = 0; i < 3'000; ++i) {
    changes.put(column::checkpoints, "key " + std::to_string(i), std::string(1, '\0'));
    if (i % 3 == 0) changes.add("key " + std::to_string(i), i - 1'500);
  }
  commit(source, {changes});
  const auto always = [](const copy_counts&) { return true; };
  {
    const auto target = open_good(database.url());
    REQUIRE(copy_store(*source.durable_view(), *target, always));
    CHECK(contents(*target->durable_view()) == contents(*source.durable_view()));
  }
  const auto kept = open_good(database.url());
  REQUIRE(copy_store(*kept->durable_view(), back, always));
  CHECK(contents(*back.durable_view()) == contents(*source.durable_view()));
}

TEST_CASE("the encoding of the database does not matter", "[postgres]") {
  auto& database = empty_server();
  database.sql(
      "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
  std::string url = database.url();
  url.replace(url.rfind("postgres"), 8, "latin");
  const std::string key = "gr\xc3\xbc\xc3\x9f\xff";
  {
    const auto owner = open_good(url, {.node = "n\xc3\xb6rd"});
    commit(*owner, {putting(column::runs, {{key, key}})});
    CHECK(mentions(open_bad(url, {.node = "second"}), "n\xc3\xb6rd"));
  }
  CHECK(get(*open_good(url)->durable_view(), column::runs, key) == key);
  database.sql("DROP DATABASE latin WITH (FORCE)");
}

TEST_CASE("what cannot be a store is refused with a reason", "[postgres][refusals]") {
  auto& database = empty_server();

  SECTION("URLs, without showing their passwords") {
    for (const char* const url :
         {"http://pawl:hunter2@host/db", "postgres://pawl:hunter2@host/db?wrong=1",
          "postgres://pawl:hunter2%zz@host/db"}) {
      const error refused = open_bad(url);
      CHECK(refused.code == errc::invalid_argument);
      CHECK_FALSE(mentions(refused, "hunter2"));
    }
    const error refused = open_bad("postgres://pawl:hunter2@" + std::string{"127.0.0.1:1/db"});
    CHECK(refused.code == errc::unavailable);
    CHECK(mentions(refused, "postgres://pawl@127.0.0.1:1/db"));
    CHECK_FALSE(mentions(refused, "hunter2"));
  }

  SECTION("a connection pooler between") {
    const std::filesystem::path folder = database.folder() / "pooler";
    std::filesystem::create_directory(folder);
    {
      proxy between{folder, database.folder()};
      between.change_session_ids();
      const error refused = open_bad(database.url(folder));
      CHECK(refused.code == errc::not_supported);
      CHECK(mentions(refused, "pooler"));
    }
    std::filesystem::remove_all(folder);
  }

  SECTION("the store of another cluster") {
    postgres_options options;
    options.cluster = "production";
    open_good(database.url(), options).reset();
    options.cluster = "staging";
    const error refused = open_bad(database.url(), options);
    CHECK(refused.code == errc::invalid_argument);
    CHECK(mentions(refused, "production"));
    CHECK(mentions(refused, "cluster.name is \"staging\""));
  }

  SECTION("a second process of the same name") {
    const auto owner = open_good(database.url(), {.node = "first"});
    const error refused = open_bad(database.url(), {.node = "first"});
    CHECK(refused.code == errc::locked);
    CHECK(refused.type == "same_name");
    CHECK(mentions(refused, "cluster.node"));
    CHECK(owner->ownership()->may_act());
    CHECK_FALSE(try_commit(*owner, adding_one()));
  }

  SECTION("a wrong password") {
    database.sql("CREATE ROLE secured LOGIN PASSWORD 'right'");
    database.require_password("secured");
    std::string url = database.url();
    url.replace(url.find("pawl@"), 5, "secured:hunter2@");
    const error refused = open_bad(url);
    CHECK(refused.code == errc::unavailable);
    CHECK(refused.type == "refused");
    CHECK(mentions(refused, "password authentication failed"));
    CHECK(mentions(refused, "PGPASSWORD"));
    CHECK_FALSE(mentions(refused, "hunter2"));
    database.sql("DROP ROLE secured");
  }

  SECTION("tables of a newer layout") {
    open_good(database.url()).reset();
    database.sql("UPDATE pawl.store SET layout = 2");
    CHECK(open_bad(database.url()).code == errc::schema_newer);
  }

  SECTION("records of a newer schema") {
    const auto newer = current_schema() + 1;
    {
      const auto owner = open_good(database.url());
      batch change;
      change.put(column::meta, keys::schema(), encode_schema({newer, {}}));
      CHECK_FALSE(try_commit(*owner, change));
    }
    const error refused = open_bad(database.url());
    CHECK(refused.code == errc::schema_newer);
    CHECK(mentions(refused, "schema version " + std::to_string(newer)));
    CHECK(database.sql("SELECT owner IS NULL FROM pawl.partition") == "t");
  }

  SECTION("records without their schema") {
    open_good(database.url()).reset();
    database.sql("DELETE FROM pawl.meta");
    database.sql("INSERT INTO pawl.runs VALUES ('k', 'v')");
    const error refused = open_bad(database.url());
    CHECK(refused.code == errc::corrupt);
    CHECK(mentions(refused, "no schema record"));
  }

  SECTION("a server that accepts no writes") {
    open_good(database.url()).reset();
    const error refused =
        open_bad(database.url() + "?options=-cdefault_transaction_read_only%3Don");
    CHECK((refused.code == errc::unavailable || refused.code == errc::read_only));
  }

  SECTION("a user without permissions") {
    database.sql("CREATE ROLE poor LOGIN");
    std::string url = database.url();
    url.replace(url.find("pawl@"), 4, "poor");
    const error refused = open_bad(url);
    CHECK(refused.code == errc::read_only);
    CHECK(mentions(refused, "Grant"));
  }
}
