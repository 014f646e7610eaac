#include <pawl/detail/log_context.hpp>

#include "tests/support/catch.hpp"

using namespace pawl::detail;

TEST_CASE("log fields apply to their thread and end with their scope") {
  CHECK(log_about::now().run.empty());
  {
    const log_about request{{.request = "q-1"}};
    {
      const log_about run{{.scope = "acme", .run = "r-1"}};
      const log_about node{{.node = "charge"}};
      CHECK(log_about::now().scope == "acme");
      CHECK(log_about::now().run == "r-1");
      CHECK(log_about::now().node == "charge");
      CHECK(log_about::now().request == "q-1");
    }
    CHECK(log_about::now().run.empty());
    CHECK(log_about::now().request == "q-1");
  }
  CHECK(log_about::now().request.empty());
}

TEST_CASE("no text can forge a log line or control a terminal") {
  CHECK(log_text("plain ü €\xf0\x9f\x98\x80 \"text\"") == "plain ü €\xf0\x9f\x98\x80 \"text\"");
  CHECK(log_text("a\nb\r\tc\x1b[31m\x7f") == "a\\x0ab\\x0d\\x09c\\x1b[31m\\x7f");
  CHECK(log_text("\xc2\x9b|\xe2\x80\xa8") == "\\xc2\\x9b|\\xe2\\x80\\xa8");
  CHECK(log_text("a\xe2\x80\xae") == "a\\xe2\\x80\\xae");  // right-to-left override
  for (const auto* broken : {"\xff", "\xc3", "\xe2\x82", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80"})
    CHECK(log_text(broken).find("\\x") == 0);
}

TEST_CASE("no value can forge a field of a log line") {
  CHECK(log_value("order-17:a/b@1.0.2") == "order-17:a/b@1.0.2");
  CHECK(log_value("") == "\"\"");
  CHECK(log_value("two words") == "\"two words\"");
  CHECK(log_value("x\" who=\"admin") == "\"x\\x22 who=\\x22admin\"");
  CHECK(log_value("a\\b\n") == "\"a\\x5cb\\x0a\"");
}
