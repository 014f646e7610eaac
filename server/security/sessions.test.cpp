#include "server/security/sessions.hpp"

#include "server/security/origin.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::server;
using namespace std::chrono_literals;

namespace {

const session_table::time_point start{1h};

std::string opened(session_table& in, const std::string& key, session_table::time_point now) {
  const auto token = in.open(key, "hash of " + key, now);
  REQUIRE(token);
  return *token;
}

}  // namespace

TEST_CASE("A session stands for its key until it is closed", "[session]") {
  session_table sessions{{}};
  const auto token = opened(sessions, "k", start);
  CHECK(token.size() == 64);
  CHECK(opened(sessions, "k", start) != token);
  const auto found = sessions.use(token, start + 1min);
  REQUIRE(found);
  CHECK(found->key_id == "k");
  CHECK(found->key_hash == "hash of k");
  CHECK(found->id.find(token) == std::string::npos);
  CHECK(sessions.is_open(found->id, start + 1min));
  sessions.close(found->id);
  CHECK_FALSE(sessions.use(token, start + 1min));
  CHECK_FALSE(sessions.use("", start));
  CHECK_FALSE(sessions.use(found->id, start));
}

TEST_CASE("A session ends when it is not used, and at the end of its lifetime", "[session]") {
  session_table sessions{{.idle = 60min, .lifetime = 150min}};
  const auto unused = opened(sessions, "k", start);
  CHECK_FALSE(sessions.use(unused, start + 60min));
  CHECK(sessions.size() == 0);
  const auto used = opened(sessions, "k", start);
  const auto id = sessions.use(used, start + 59min)->id;
  // Looking at it is no use.
  CHECK(sessions.is_open(id, start + 118min));
  CHECK_FALSE(sessions.is_open(id, start + 119min));
  CHECK(sessions.use(used, start + 118min));
  CHECK(sessions.use(used, start + 149min));
  CHECK_FALSE(sessions.use(used, start + 150min));
}

TEST_CASE("The sessions of a key are bounded and do not displace those of others", "[session]") {
  session_table sessions{{.max_per_key = 3}};
  const auto other = opened(sessions, "other", start);
  const auto first = opened(sessions, "k", start + 1s);
  const auto second = opened(sessions, "k", start + 2s);
  for (int i = 0; i < 20; ++i) {
    CHECK(sessions.use(first, start + 3s + i * 1s));
    static_cast<void>(opened(sessions, "k", start + 3s + i * 1s));
    CHECK(sessions.size() <= 4);
  }
  CHECK_FALSE(sessions.use(second, start + 30s));
  CHECK(sessions.use(other, start + 30s));
}

TEST_CASE("Only the server's own pages act with a cookie", "[session]") {
  const auto own = [](std::string method, http::fields fields) {
    http::request request;
    request.method = std::move(method);
    request.fields = std::move(fields);
    request.fields.add("Host", "pawl.example:7717");
    return is_from_own_page(request);
  };
  CHECK(own("POST", {{"Sec-Fetch-Site", "same-origin"}}));
  for (const auto* const site : {"cross-site", "same-site", "none", ""})
    CHECK_FALSE(own("POST", {{"Sec-Fetch-Site", site}}));
  CHECK(own("GET", {{"Sec-Fetch-Site", "none"}}));
  CHECK_FALSE(own("GET", {{"Sec-Fetch-Site", "cross-site"}}));
  // What the browser says about itself outweighs the name that a proxy gives the server.
  CHECK(own("POST", {{"Sec-Fetch-Site", "same-origin"}, {"Origin", "https://public.example"}}));
  CHECK(own("POST", {{"Origin", "https://pawl.example:7717"}}));
  CHECK_FALSE(own("POST", {{"Origin", "https://evil.example"}}));
  CHECK_FALSE(own("GET", {{"Origin", "null"}}));
  CHECK(own("GET", {}));
  CHECK_FALSE(own("POST", {}));
  CHECK_FALSE(own("DELETE", {}));
}
