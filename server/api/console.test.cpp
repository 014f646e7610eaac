#include "server/api/console_files.hpp"
#include "server/http/content_coding.hpp"
#include "server/testing/api_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::server;

TEST_CASE("the address of the console without its slash is redirected", "[console]") {
  testing::api_fixture f;
  const auto answer = f.get("/ui");
  CHECK(answer.status == 308);
  CHECK(answer.field("Location") == "ui/");
}

TEST_CASE("a build without the console says how to get it", "[console]") {
  if (!console_files().empty()) return;
  testing::api_fixture f;
  const auto answer = f.get("/ui/");
  CHECK(answer.status == 404);
  CHECK(answer.field("Content-Type") == "text/html; charset=utf-8");
  CHECK(answer.text.find("PAWL_CONSOLE=ON") != std::string::npos);
}

TEST_CASE("the files of the console are served with their types and tags", "[console]") {
  testing::api_fixture f;
  for (const auto& file : console_files()) {
    const std::string path = "/ui/" + std::string{file.name};
    INFO(path);
    const auto plain = f.get(path);
    CHECK(plain.status == 200);
    CHECK(plain.field("Content-Type") == file.type);
    CHECK(plain.field("Content-Security-Policy").find("script-src 'self';") != std::string::npos);
    CHECK((plain.field("Cache-Control") == "no-cache") == !file.immutable);
    const auto packed = f.call("GET", path, "", {{"Accept-Encoding", "gzip"}});
    CHECK(packed.field("Content-Encoding") == "gzip");
    const auto unpacked = http::decompress(packed.text, http::coding::gzip, 16u << 20);
    REQUIRE(unpacked);
    CHECK(*unpacked == plain.text);
    const auto again = f.call("GET", path, "", {{"If-None-Match", std::string{file.etag}}});
    CHECK(again.status == 304);
    CHECK(again.text.empty());
  }
}

TEST_CASE("the page of the console has no inline scripts and is not kept by caches", "[console]") {
  if (console_files().empty()) return;
  testing::api_fixture f;
  const auto page = f.get("/ui/");
  CHECK(page.field("Cache-Control") == "no-cache");
  CHECK(page.text.find("<script type=\"module\"") != std::string::npos);
  CHECK(page.text.find("<style") == std::string::npos);
}

TEST_CASE("a server without the console names the setting and has no files", "[console]") {
  settings without = testing::api_fixture::quiet();
  without.server.console = false;
  testing::api_fixture f{without};
  const auto page = f.get("/ui/");
  CHECK(page.status == 404);
  CHECK(page.field("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.text.find("server.console") != std::string::npos);
  CHECK(f.get("/ui").field("Location") == "ui/");
  CHECK(f.get("/ui/index.js").status == 404);
}

TEST_CASE("only browsers are redirected from / to the console", "[console]") {
  testing::api_fixture f;
  const auto browser = f.call("GET", "/", "", {{"Accept", "text/html,*/*;q=0.8"}});
  CHECK(browser.status == 302);
  CHECK(browser.field("Location") == "ui/");
  CHECK(browser.field("Vary") == "Accept");
  for (const auto* const accept : {"*/*", "application/json"}) {
    const auto other = f.call("GET", "/", "", {{"Accept", accept}});
    CHECK(other.status == 404);
    CHECK(other.body["detail"] == "no such endpoint: /. See /docs");
  }
  testing::api_fixture old{testing::api_fixture::quiet(), true};
  CHECK(old.call("GET", "/", "", {{"Accept", "text/html"}}).status == 200);
}

TEST_CASE("unknown files of the console are not found", "[console]") {
  testing::api_fixture f;
  for (const auto* const path : {"/ui/nothing.js", "/ui/..%2Fetc", "/ui/a/b"})
    CHECK(f.get(path).status == 404);
  CHECK(f.call("POST", "/ui/", "{}").status == 405);
}
