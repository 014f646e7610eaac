#include "server/security/key_authenticator.hpp"

#include <sys/stat.h>

#include <sstream>

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "server/security/test_keys.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::testing::contains;
using namespace std::chrono_literals;

namespace {

/// Accepts every request as "nobody".
class accept_all final : public authenticator {
 public:
  std::variant<caller, problem> authenticate(const http::request&) override {
    return caller{"nobody", role::admin, default_scope()};
  }
};

/// An authenticator with its own key file and a manual clock.
struct limiter {
  pawl::testing::keys_folder folder;
  std::ostringstream log;
  time_point now = pawl::testing::key_creation_time;
  std::chrono::steady_clock::time_point ticks{1h};
  std::unique_ptr<key_authenticator> in;

  result<void> open(bool open_without_keys = false) {
    key_authenticator_options options;
    options.file = folder.file;
    options.max_failed_logins = 3;
    if (open_without_keys) options.without_keys = std::make_unique<accept_all>();
    options.log = std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log));
    options.now = [this] { return now; };
    options.ticks = [this] { return ticks; };
    auto opened = key_authenticator::open(std::move(options));
    if (!opened) return std::move(opened).error();
    in = *std::move(opened);
    return {};
  }

  std::variant<caller, problem> ask(http::fields fields, std::string peer = "10.0.0.1") {
    http::request request;
    request.method = "GET";
    request.fields = std::move(fields);
    request.peer = std::move(peer);
    return in->authenticate(request);
  }
  caller enter(const std::string& key, http::fields more = {}) {
    more.add("Authorization", "Bearer " + key);
    const auto answer = ask(std::move(more));
    if (const auto* const refused = std::get_if<problem>(&answer)) FAIL(refused->detail);
    return std::get<caller>(answer);
  }
  problem knock(http::fields fields, std::string peer = "10.0.0.1") {
    const auto answer = ask(std::move(fields), std::move(peer));
    if (std::holds_alternative<caller>(answer)) FAIL("was let in");
    return std::get<problem>(answer);
  }
  problem knock_with(const std::string& key, std::string peer = "10.0.0.1") {
    return knock({{"Authorization", "Bearer " + key}}, std::move(peer));
  }
};

}  // namespace

TEST_CASE("A caller is authenticated by key") {
  limiter d;
  const auto reader = d.folder.add("watcher", role::reader, {"default"});
  const auto admin = d.folder.add("boss", role::admin, {"*"});
  REQUIRE(d.open());
  CHECK(d.in->has_keys());
  CHECK(d.enter(reader.text).name == "watcher");
  CHECK(d.enter(reader.text).role == role::reader);
  CHECK(d.enter(reader.text).scope == default_scope());
  CHECK(d.enter(reader.text).scopes == std::vector<std::string>{"default"});
  CHECK_FALSE(d.enter(reader.text).expires_at);
  CHECK(d.enter(admin.text).role == role::admin);
  CHECK(std::holds_alternative<caller>(d.ask({{"authorization", "bEaReR  " + admin.text}})));
}

TEST_CASE("A request without a valid key is unauthorized and names the remedy") {
  limiter d;
  const auto key = d.folder.add("ci");
  REQUIRE(d.open());
  const auto none = d.knock({});
  CHECK(none.code == problem_code::unauthorized);
  CHECK(none.fields.find("WWW-Authenticate") == "Bearer realm=\"pawl\"");
  const std::string other = pawl::testing::made_key("other").text;
  const std::string wrong_secret = key.text.substr(0, 65) + (key.text.back() == 'a' ? "b" : "a");
  int peer = 0;
  for (const std::string& field :
       {std::string{}, std::string{"Bearer"}, std::string{"Bearer "}, std::string{"Basic YTpi"},
        key.text, "Bearer" + key.text, "Bearer x" + key.text, "Bearer " + key.text + " x",
        "Bearer " + other, "Bearer " + wrong_secret}) {
    CAPTURE(field);
    const auto refused = d.knock({{"Authorization", field}}, "10.1.0." + std::to_string(++peer));
    CHECK(refused.code == problem_code::unauthorized);
    CHECK(contains(std::string{refused.fields.find("WWW-Authenticate").value_or("")}, "Bearer"));
    CHECK_FALSE(contains(refused.detail, "pawl_"));
  }
  CHECK(d.in->refused() == 11);
  CHECK_FALSE(contains(d.log.str(), "pawl_"));
}

TEST_CASE("A key is refused from its expiry time on") {
  limiter d;
  const auto key = d.folder.add("ci", role::reader, {"default"}, 90s);
  REQUIRE(d.open());
  d.now = pawl::testing::key_creation_time + 89s;
  CHECK(d.enter(key.text).name == "ci");
  d.now = pawl::testing::key_creation_time + 90s;
  const auto refused = d.knock_with(key.text);
  CHECK(refused.code == problem_code::unauthorized);
  CHECK(contains(refused.detail, "expired"));
  CHECK(contains(d.log.str(), "ci"));
}

TEST_CASE("A key is valid for its own scopes only and does not reveal others") {
  limiter d;
  const auto one = d.folder.add("one", role::reader, {"tenant-a"});
  const auto two = d.folder.add("two", role::reader, {"tenant-a", "tenant-b"});
  const auto with_default = d.folder.add("with-default", role::reader, {"tenant-a", "default"});
  const auto all = d.folder.add("all", role::reader, {"*"});
  REQUIRE(d.open());
  CHECK(d.enter(one.text).scope.str() == "tenant-a");
  CHECK(d.enter(two.text, {{"Pawl-Scope", "tenant-b"}}).scope.str() == "tenant-b");
  CHECK(d.enter(with_default.text).scope == default_scope());
  CHECK(d.enter(all.text).scope == default_scope());
  CHECK(d.enter(all.text, {{"Pawl-Scope", "any"}}).scope.str() == "any");

  const auto knock = [&](const new_key& key, http::fields fields) {
    fields.add("Authorization", "Bearer " + key.text);
    return d.knock(std::move(fields));
  };
  CHECK(knock(two, {}).code == problem_code::invalid_argument);
  CHECK(knock(one, {{"Pawl-Scope", "default"}}).code == problem_code::forbidden);
  CHECK(knock(one, {{"Pawl-Scope", "tenant-b"}}).code == problem_code::forbidden);
  CHECK(knock(one, {{"Pawl-Scope", "*"}}).code == problem_code::invalid_argument);
  CHECK(knock(all, {{"Pawl-Scope", "a b"}}).code == problem_code::invalid_argument);
}

TEST_CASE("A session stands for the key that opened it and ends with it", "[session]") {
  limiter d;
  const auto reader = d.folder.add("watcher", role::reader, {"default", "team-a"}, 2h);
  REQUIRE(d.open());
  const auto with_key = d.enter(reader.text);
  const auto token = std::get<std::string>(d.in->open_session(with_key));
  const auto cookie = [&](const std::string& value) {
    return http::fields{{"Cookie", "theme=dark; __Host-pawl=" + value + "; x=y"}};
  };
  const auto in_session = [&](http::fields more = {}) {
    http::fields all = cookie(token);
    for (const auto& each : more) all.add(each.name, each.value);
    const auto answer = d.ask(std::move(all));
    if (const auto* const refused = std::get_if<problem>(&answer)) FAIL(refused->detail);
    return std::get<caller>(answer);
  };
  const auto same = in_session();
  CHECK(same.name == "watcher");
  CHECK(same.role == role::reader);
  CHECK_FALSE(same.session.empty());
  CHECK(same.session.find(token) == std::string::npos);
  CHECK(same.expires_at == pawl::testing::key_creation_time + 2h);
  CHECK(in_session({{"Pawl-Scope", "team-a"}}).scope.str() == "team-a");
  // A session opens no further one.
  CHECK(std::get<problem>(d.in->open_session(same)).code == problem_code::conflict);

  http::fields elsewhere = cookie(token);
  elsewhere.add("Sec-Fetch-Site", "cross-site");
  CHECK(d.knock(elsewhere).code == problem_code::forbidden);
  // Unknown tokens are not counted as guesses.
  for (int i = 0; i < 10; ++i)
    CHECK(d.knock(cookie(std::string(64, 'a'))).code == problem_code::unauthorized);

  CHECK_FALSE(d.in->recheck(same));
  d.in->close_session(same);
  CHECK(d.in->recheck(same)->code == problem_code::unauthorized);
  CHECK(d.knock(cookie(token)).code == problem_code::unauthorized);
  CHECK_FALSE(d.in->recheck(with_key));

  const auto second = std::get<std::string>(d.in->open_session(with_key));
  d.folder.remove("watcher");
  d.ticks += 2s;
  CHECK(d.knock(cookie(second)).code == problem_code::unauthorized);
}

TEST_CASE("A session ends an hour after its last request, and after 12 hours", "[session]") {
  limiter d;
  const auto key = d.folder.add("watcher");
  REQUIRE(d.open());
  const auto token = std::get<std::string>(d.in->open_session(d.enter(key.text)));
  const http::fields cookie{{"Cookie", "__Host-pawl=" + token}};
  const auto begin = d.ticks;
  for (d.ticks += 50min; d.ticks - begin < 12h; d.ticks += 50min)
    CHECK(std::holds_alternative<caller>(d.ask(cookie)));
  CHECK(d.knock(cookie).code == problem_code::unauthorized);
  const auto unused = std::get<std::string>(d.in->open_session(d.enter(key.text)));
  d.ticks += 1h;
  CHECK(d.knock({{"Cookie", "__Host-pawl=" + unused}}).code == problem_code::unauthorized);
}

TEST_CASE("Invalid keys are rate limited per peer; a valid key is never delayed") {
  limiter d;
  const auto key = d.folder.add("ci");
  REQUIRE(d.open());
  const std::string wrong = pawl::testing::made_key("other").text;
  for (int i = 0; i < 3; ++i) CHECK(d.knock_with(wrong).code == problem_code::unauthorized);
  const auto limited = d.knock_with(wrong);
  CHECK(limited.code == problem_code::too_many_requests);
  CHECK(limited.fields.find("Retry-After") == "20");
  CHECK(d.knock_with(wrong, "10.0.0.2").code == problem_code::unauthorized);
  CHECK(d.enter(key.text).name == "ci");
  CHECK(d.knock({}).code == problem_code::unauthorized);  // a missing key does not count as a guess
  d.ticks += 20s;
  CHECK(d.knock_with(wrong).code == problem_code::unauthorized);
}

TEST_CASE("A peer's name cannot inject a log line") {
  limiter d;
  d.folder.add("ci");
  REQUIRE(d.open());
  static_cast<void>(d.knock_with("x", "a\nb"));
  CHECK(contains(d.log.str(), R"(a\x0ab)"));
}

TEST_CASE("Added and removed keys take effect within a second") {
  limiter d;
  const auto first = d.folder.add("first");
  REQUIRE(d.open());
  const auto second = d.folder.add("second");
  d.ticks += 500ms;
  CHECK(d.knock_with(second.text).code == problem_code::unauthorized);
  d.ticks += 500ms;
  CHECK(d.enter(second.text).name == "second");
  d.folder.remove("first");
  d.ticks += 1s;
  CHECK(d.knock_with(first.text).code == problem_code::unauthorized);
  d.folder.remove("second");
  REQUIRE(d.in->reload());
  CHECK(d.knock_with(second.text).code == problem_code::unauthorized);
}

TEST_CASE("A caller that is already connected loses its permission within a second") {
  limiter d;
  const auto boss = d.folder.add("boss", role::admin, {"*"});
  d.folder.add("gone", role::reader, {"a", "b"});
  const auto gone = d.folder.add("leaver", role::operator_role, {"a", "b"}, 10s);
  REQUIRE(d.open());
  const caller kept = d.enter(boss.text);
  const caller leaver = d.enter(gone.text, {{"Pawl-Scope", "b"}});
  CHECK(kept.every_scope);
  CHECK_FALSE(leaver.every_scope);
  CHECK_FALSE(d.in->recheck(leaver));

  const auto change = [&](auto how) {
    d.folder.change([&](auto& keys) {
      for (auto& key : keys)
        if (key.name == "leaver") how(key);
    });
    d.ticks += 250ms;
  };
  change([](stored_key& key) { key.role = role::reader; });
  REQUIRE(d.in->recheck(leaver));
  CHECK(d.in->recheck(leaver)->code == problem_code::forbidden);
  change([](stored_key& key) { key.role = role::author; });
  CHECK_FALSE(d.in->recheck(leaver));
  change([](stored_key& key) { key.scopes = {"a"}; });
  CHECK(d.in->recheck(leaver)->code == problem_code::forbidden);
  change([](stored_key& key) { key.scopes = {"*"}; });
  CHECK_FALSE(d.in->recheck(leaver));
  // A key of the same id and name with another secret is another key.
  change([](stored_key& key) { key.hash = hash_of_key("other"); });
  CHECK(d.in->recheck(leaver)->code == problem_code::unauthorized);
  change([&](stored_key& key) { key.hash = gone.stored.hash; });
  CHECK_FALSE(d.in->recheck(leaver));
  d.now += 11s;
  CHECK(contains(d.in->recheck(leaver)->detail, "has expired"));
  d.folder.remove("leaver");
  d.ticks += 250ms;
  CHECK(contains(d.in->recheck(leaver)->detail, "was removed"));
  CHECK_FALSE(d.in->recheck(kept));
}

TEST_CASE("A caller without a key must present one after the first key was added") {
  limiter d;
  REQUIRE(d.open(true));
  const caller open = std::get<caller>(d.ask({}));
  CHECK_FALSE(d.in->recheck(open));
  d.folder.add("ci");
  d.ticks += 250ms;
  REQUIRE(d.in->recheck(open));
  CHECK(d.in->recheck(open)->code == problem_code::unauthorized);
}

TEST_CASE("An unreadable key file leaves the loaded keys valid") {
  limiter d;
  const auto key = d.folder.add("ci");
  REQUIRE(d.open());
  REQUIRE(::chmod(d.folder.file.c_str(), 0644) == 0);
  d.ticks += 1s;
  CHECK(d.enter(key.text).name == "ci");
  CHECK(contains(d.log.str(), "chmod 600"));
  CHECK_FALSE(d.in->reload());
  REQUIRE(::chmod(d.folder.file.c_str(), 0600) == 0);
  CHECK(d.in->reload());

  limiter other;
  other.folder.add("ci");
  REQUIRE(::chmod(other.folder.file.c_str(), 0644) == 0);
  CHECK_FALSE(other.open());
}

TEST_CASE("Before the first key the fallback authenticates; after it never again") {
  limiter d;
  REQUIRE(d.open(true));
  CHECK_FALSE(d.in->has_keys());
  CHECK(std::get<caller>(d.ask({})).name == "nobody");
  const auto key = d.folder.add("ci");
  d.ticks += 1s;
  CHECK(d.knock({}).code == problem_code::unauthorized);
  CHECK(d.enter(key.text).name == "ci");
  d.folder.remove("ci");
  d.ticks += 1s;
  CHECK(d.knock({}).code == problem_code::unauthorized);
  std::filesystem::remove(d.folder.file);
  d.ticks += 1s;
  CHECK(d.knock({}).code == problem_code::unauthorized);
  CHECK(contains(d.log.str(), "contains no keys"));
}
