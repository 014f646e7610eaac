#include <pawl/ids.hpp>

#include "tests/support/catch.hpp"
#include "tests/support/hostile_names.hpp"

using namespace pawl;

namespace {

template <class T>
std::string fault_of(const result<T>& checked) {
  return checked ? "" : checked.error().message;
}

std::string fault_of_flow(std::string_view text) {
  const auto parsed = parse_flow_name(text);
  return parsed ? "" : parsed.error().message;
}

}  // namespace

TEST_CASE("a name has 1 to 128 plain characters; the error says what it names") {
  CHECK(fault_of(check_name("aZ09._:-", "run id")).empty());
  CHECK(fault_of(check_name(std::string(128, 'x'), "run id")).empty());
  CHECK(fault_of(check_name("", "run id")) == "the run id must not be empty");
  CHECK(fault_of(check_name(std::string(129, 'x'), "queue's name")) ==
        "the queue's name has 129 bytes; the maximum is 128");
  for (const char* bad : {"a b", "a/b", "é", "a\n", "\x1b", "a\xff"})
    CHECK(fault_of(check_name(bad, "worker's name")) ==
          "the worker's name may only contain letters, digits and ._:-");
  CHECK_FALSE(parse_scope_name("a b"));
}

TEST_CASE("a run id and a flow name are any text of 1 to 255 bytes") {
  for (const auto& good : testing::hostile_names()) {
    CAPTURE(good);
    CHECK(parse_run_id(good)->str() == good);
    CHECK(parse_flow_name(good)->str() == good);
  }
  CHECK(testing::longest_name().size() == max_id_bytes);
  CHECK(fault_of(parse_run_id(testing::longest_name() + "!")) ==
        "the run id has 256 bytes; the maximum is 255");
  CHECK(fault_of_flow("") == "the flow name must not be empty");
  using namespace std::string_view_literals;
  for (const auto bad :
       {"a\0"sv, "a\tb"sv, "a\n"sv, "\x1b[31m"sv, "\x7f"sv, "\xc2\x80"sv, "\xc2\x9f"sv})
    CHECK(fault_of(parse_run_id(bad)) == "the run id must not contain control characters");
  for (const auto bad : {"\xff"sv, "a\xc3"sv, "\xed\xa0\x80"sv, "\xc0\xaf"sv, "\xf5\x80\x80\x80"sv})
    CHECK(fault_of_flow(bad) == "the flow name is not valid UTF-8");
}

TEST_CASE("a version has one to three numbers") {
  CHECK(to_string(*parse_version("1")) == "1.0.0");
  CHECK(to_string(*parse_version("1.2")) == "1.2.0");
  CHECK(to_string(*parse_version("1.2.3")) == "1.2.3");
  for (const char* bad : {"", "v1", "1.", "1.2.3.4", "-1", "1.2.x", "99999999999"})
    CHECK_FALSE(parse_version(bad));
}

TEST_CASE("a name that a URL cannot contain is refused") {
  for (const char* const dots : {".", ".."}) {
    CAPTURE(dots);
    CHECK(fault_of(check_name(dots, "queue's name")) ==
          "the queue's name must not be \".\" or \"..\": a URL cannot contain them as a name");
    CHECK_FALSE(parse_run_id(dots));
    CHECK_FALSE(parse_scope_name(dots));
    CHECK_FALSE(parse_flow_name(dots));
  }
  for (const char* const good : {"...", ".a", "a.", "..a"}) CHECK(parse_run_id(good));
  CHECK(parse_flow_name("a./.b/..c"));
}

TEST_CASE("a caller cannot choose the id of a derived run") {
  CHECK(
      fault_of(parse_new_run_id("key:order-17")) ==
      "the run id must not begin with \"key:\": such ids belong to idempotency keys; pass the key "
      "itself as the key of the start");
  CHECK(fault_of(parse_new_run_id("sub-00112233445566778899aabbccddeeff")) ==
        "the run id must not begin with \"sub-\": such ids belong to child runs");
  CHECK(parse_run_id("key:order-17"));  // existing runs have such ids
  CHECK(parse_run_id("sub-00112233445566778899aabbccddeeff"));
  for (const char* const good : {"key", "keys:1", "sub", "subs-1", "Key:1", "my-sub-1"})
    CHECK(parse_new_run_id(good));
}
