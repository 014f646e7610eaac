#include "config/url_password.hpp"

#include "tests/support/catch.hpp"

using pawl::config::without_password;

TEST_CASE("Passwords in URLs are hidden") {
  CHECK(without_password("") == "");
  CHECK(without_password("postgres://host/db") == "postgres://host/db");
  CHECK(without_password("postgres://pawl@host:5432/db") == "postgres://pawl@host:5432/db");
  CHECK(without_password("postgres://pawl:pw@host/db") == "postgres://pawl:***@host/db");
  CHECK(without_password("postgres://pawl:p@w:p@host/db") == "postgres://pawl:***@host/db");
  CHECK(without_password("postgres:///db?user=a&password=pw") ==
        "postgres:///db?user=a&password=***");
  CHECK(without_password("postgres:///db?password=pw&sslpassword=x&user=a") ==
        "postgres:///db?password=***&sslpassword=***&user=a");
  CHECK(without_password("pawl:pw@host") == "pawl:***@host");
}
