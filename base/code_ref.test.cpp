#include <pawl/code_ref.hpp>

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace {

std::string rule_broken_by(std::string_view code_ref) {
  const auto checked = pawl::check_code_ref(code_ref);
  return checked ? "" : checked.error().type;
}

}  // namespace

TEST_CASE("a code_ref consists of letters, digits, dots, underscores and dashes") {
  for (const auto* good :
       {"a", "orders.charge", "core.exec", "A-b_c.9", "a.b.c.d.e.f.g.h.i.j", "-"})
    CHECK(rule_broken_by(good).empty());
  CHECK(rule_broken_by(std::string(pawl::max_code_ref_bytes, 'x')).empty());
}

TEST_CASE("the error of an invalid code_ref names the violated rule") {
  using namespace std::string_literals;
  CHECK(rule_broken_by("") == "code_ref.empty");
  CHECK(rule_broken_by("/etc/passwd") == "code_ref.absolute");
  CHECK(rule_broken_by("C:evil") == "code_ref.colon");
  CHECK(rule_broken_by(":x") == "code_ref.colon");
  CHECK(rule_broken_by("a..b") == "code_ref.dots");
  CHECK(rule_broken_by("../a") == "code_ref.dots");
  CHECK(rule_broken_by("a/b") == "code_ref.character");
  CHECK(rule_broken_by("a b") == "code_ref.character");
  CHECK(rule_broken_by("a\0b"s) == "code_ref.character");
  CHECK(rule_broken_by("a\n") == "code_ref.character");
  CHECK(rule_broken_by("caf\xc3\xa9") == "code_ref.character");
  CHECK(rule_broken_by("a.b.c.d.e.f.g.h.i.j.k") == "code_ref.segments");
  CHECK(rule_broken_by(std::string(pawl::max_code_ref_bytes + 1, 'x')) == "code_ref.too_long");
}

TEST_CASE("the error of an invalid code_ref escapes it") {
  const auto refused = pawl::check_code_ref("a\x1b[31m\xff");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == pawl::errc::invalid_argument);
  CHECK(refused.error().message.find("\"a\\x1b[31m\\xff\"") != std::string::npos);
  CHECK(refused.error().message.find("at byte 1") != std::string::npos);
}

TEST_CASE("a code_ref must begin with an allowed prefix") {
  const std::vector<std::string> allowed{"orders.", "billing.eu."};
  CHECK(pawl::check_code_ref("orders.charge", allowed));
  CHECK(pawl::check_code_ref("billing.eu.vat", allowed));
  const auto refused = pawl::check_code_ref("billing.us.vat", allowed);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().type == "code_ref.prefix");
  CHECK(refused.error().message.find("orders., billing.eu.") != std::string::npos);
  CHECK_FALSE(pawl::check_code_ref("orders2.charge", allowed));
  CHECK_FALSE(pawl::check_code_ref("orders.charge", std::vector<std::string>{}));
  CHECK_FALSE(pawl::check_code_ref("orders.charge", std::vector<std::string>{""}));
  const auto malformed = pawl::check_code_ref("orders..charge", allowed);
  REQUIRE_FALSE(malformed);
  CHECK(malformed.error().type == "code_ref.dots");
}
