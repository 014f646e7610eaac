#include "server/api/form.hpp"

#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::server;

namespace {

constexpr std::string_view multipart = "multipart/form-data; boundary=xyz";

std::string form_part(const std::string& disposition, const std::string& content,
                      const std::string& more = "") {
  return "--xyz\r\nContent-Disposition: form-data; " + disposition + "\r\n" + more + "\r\n" +
         content + "\r\n";
}

std::string why_refused(std::string_view type, std::string_view body, std::size_t most = 10) {
  const auto read = read_form(type, body, most);
  return read ? "" : read.error().message;
}

}  // namespace

TEST_CASE("a multipart form has texts and files", "[form]") {
  const std::string body = form_part("name=\"colour\"", "red") +
                           form_part("name=\"list\"; filename=\"a \\\"b\\\".csv\"",
                                     "a,b\r\n--xy\r\n1,2", "Content-Type: text/csv\r\n") +
                           form_part("name=none; filename=\"\"", "") + form_part("name=\"\"", "") +
                           "--xyz--\r\n";
  const auto read = read_form(multipart, "a preamble\r\n" + body, 10);
  REQUIRE(read);
  REQUIRE(read->size() == 4);
  CHECK(read->at(0).name == "colour");
  CHECK(read->at(0).content == "red");
  CHECK_FALSE(read->at(0).filename);
  CHECK(read->at(1).filename == "a \"b\".csv");
  CHECK(read->at(1).content_type == "text/csv");
  CHECK(read->at(1).content == "a,b\r\n--xy\r\n1,2");
  CHECK(read->at(2).name == "none");
  CHECK(read->at(2).filename == "");
  CHECK(read->at(3).name.empty());
  CHECK(read_form("Multipart/Form-Data;charset=x; BOUNDARY=\"xyz\"", body, 10));
  CHECK(read_form(multipart, "--xyz--", 10)->empty());
}

TEST_CASE("the names of browsers are decoded", "[form]") {
  const auto read = read_form(
      multipart,
      form_part("name=\"a%22b%0D%0A%41\"; filename=\"\xe4\xb8\xad%22.txt\"", "x") + "--xyz--", 10);
  REQUIRE(read);
  CHECK(read->front().name == "a\"b\r\n%41");
  CHECK(read->front().filename == "\xe4\xb8\xad\".txt");
}

TEST_CASE("a form of a query is read", "[form]") {
  const auto read = read_form("application/x-www-form-urlencoded", "a=1&b=x+y%26&&c&a=2", 10);
  REQUIRE(read);
  REQUIRE(read->size() == 4);
  CHECK(read->at(1).name == "b");
  CHECK(read->at(1).content == "x y&");
  CHECK(read->at(2).content.empty());
  CHECK(read->at(3).content == "2");
}

TEST_CASE("malformed and too large forms are refused", "[form]") {
  const std::string one = form_part("name=\"a\"", "1");
  CHECK(why_refused("application/json", "{}").starts_with("the body must be a form"));
  CHECK(why_refused("multipart/form-data", one) ==
        "the form is malformed: its Content-Type has no boundary of 1 to 70 characters");
  CHECK(why_refused(multipart, "") == "the form is malformed: its boundary does not occur in it");
  CHECK(why_refused(multipart, one) == "the form is malformed: it ends within a part");
  CHECK(why_refused(multipart, "--xyzz" + one) == "the form is malformed: text follows a boundary");
  CHECK(why_refused(multipart, "--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n1") ==
        "the form is malformed: it ends within a part");
  CHECK(why_refused(multipart, "--xyz\r\nContent-Disposition: form-data") ==
        "the form is malformed: the headers of a part do not end");
  CHECK(why_refused(multipart, "--xyz\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n") ==
        "the form is malformed: the headers of a part do not end");
  CHECK(why_refused(multipart, form_part("x=1", "1") + "--xyz--") ==
        "the form is malformed: a part has no name");
  CHECK(why_refused(multipart, "--xyz\r\n\r\n1\r\n--xyz--") ==
        "the form is malformed: a part has no Content-Disposition");
  CHECK(why_refused(multipart, one + one + "--xyz--", 1) == "the form has more than 1 fields");
  CHECK(why_refused("application/x-www-form-urlencoded", "a=%x") ==
        "the form is malformed: it has invalid percent-encoding");
}
