// Rules that are valid but hardly ever mean what is written.
#include "flow/logic/suspicion.hpp"

#include "flow/logic/logic.hpp"
#include "tests/support/catch.hpp"

namespace pawl::flow::logic {
namespace {

std::vector<diagnostic> warnings_in(const char* rule) {
  std::vector<diagnostic> found;
  (void)compile(json::parse(rule), "", found);
  for (const auto& each : found) CHECK(each.level == severity::warning);
  return found;
}

std::vector<std::string> suspected(const char* rule) {
  std::vector<std::string> codes;
  for (const auto& each : warnings_in(rule)) codes.push_back(each.pointer + " " + each.code);
  return codes;
}

using codes_of = std::vector<std::string>;

TEST_CASE("a comparison of what is never the same causes a warning", "[logic][suspicion]") {
  CHECK(suspected(R"({"==": [{"var": "tags"}, []]})") == codes_of{"/== compared_by_identity"});
  CHECK(suspected(R"({"!": {"===": [["a"], {"var": "x"}]}})") ==
        codes_of{"/!/=== compared_by_identity"});
  CHECK(suspected(R"({"!=": [{"var": "x"}, {"literal": {"a": 1}}]})") ==
        codes_of{"/!= compared_by_identity"});
  CHECK(suspected(R"({"==": [{"var": "x"}, {"object": {"a": 1}}]})") ==
        codes_of{"/== compared_by_identity"});
  CHECK(suspected(R"({"==": [{"var": "x"}, {"a": 1, "b": 2}]})") ==
        codes_of{"/== compared_by_identity"});
  for (const char* good :
       {R"({"==": [{"var": "x"}, {"var": "y"}]})", R"({"equal": [{"var": "x"}, [1]]})",
        R"({"==": [{"literal": "x"}, {"var": "y"}]})", R"({"==": {"var": "x"}})",
        R"({"<": [{"var": "x"}, [1]]})"}) {
    CAPTURE(good);
    CHECK(suspected(good).empty());
  }
  CHECK(warnings_in(R"({"!==": [{"var": "x"}, [1]]})").at(0).message ==
        "\"!==\" compares arrays and objects by identity, and this one is never the same as "
        "another; to compare what is in them, write {\"!\": [{\"equal\": […]}]}");
}

TEST_CASE("a path in the notation of another language causes a warning", "[logic][suspicion]") {
  for (const char* foreign : {R"({"var": "{{a.b}}"})", R"({"var": "$.a.b"})",
                              R"({"var": "${ a.b }"})", R"({"var": ["{{ a.b }}", 0]})"}) {
    CAPTURE(foreign);
    REQUIRE(suspected(foreign) == codes_of{"/var foreign_path"});
    CHECK(warnings_in(foreign).at(0).message.ends_with("did you mean {\"var\":\"a.b\"}?"));
  }
  for (const char* foreign :
       {R"({"var": "a[0].b"})", R"({"var": "a[0]['b']"})", R"({"var": ["a[0][\"b\"]", 1]})"}) {
    CAPTURE(foreign);
    REQUIRE(suspected(foreign) == codes_of{"/var foreign_path"});
    CHECK(warnings_in(foreign).at(0).message.ends_with("did you mean {\"var\":\"a.0.b\"}?"));
  }
  for (const char* good : {R"({"var": "$oid.x"})", R"({"var": "$"})", R"({"var": "a{{b"})",
                           R"({"var": "[0]"})", R"({"var": "a[b]"})", R"({"var": "a[0"})"}) {
    CAPTURE(good);
    CHECK(suspected(good).empty());
  }
}

TEST_CASE("a variable that the body of reduce cannot read causes a warning", "[logic][suspicion]") {
  const auto body = [](const std::string& rule) {
    return suspected((R"({"reduce": [{"var": "list"}, )" + rule + ", 0]}").c_str());
  };
  const codes_of read{"/reduce/1/*/1/var read_in_reduce"};
  CHECK(body(R"({"*": [{"var": "current"}, {"var": "rate"}]})") == read);
  CHECK(body(R"({"*": [{"var": "current.a.b"}, {"var": ["order.rate", 1]}]})") == read);
  for (const char* good :
       {R"({"+": [{"var": "accumulator"}, {"var": "current.price"}]})", R"({"var": ""})",
        R"({"val": [[2], "rate"]})", R"({"map": [{"var": "current"}, {"var": "price"}]})",
        R"({"let": [{"var": "current"}, {"var": "price"}]})",
        R"({"try": [{"var": "current"}, {"var": "type"}]})"}) {
    CAPTURE(good);
    CHECK(body(good).empty());
  }
  CHECK(body(R"({"map": [{"var": "lines"}, {"var": "price"}]})") ==
        codes_of{"/reduce/1/map/0/var read_in_reduce"});
  CHECK(
      suspected(R"({"reduce": [{"var": "list"}, {"var": "current"}, {"var": "start"}]})").empty());
  CHECK(warnings_in(R"({"reduce": [[1], {"var": "order.rate"}, 0]})").at(0).message ==
        "in the body of \"reduce\", \"var\" reads only \"current\" and \"accumulator\", so "
        "\"order\" is absent; {\"val\":[[2],\"order\",\"rate\"]} reads the data around it");
}

}  // namespace
}  // namespace pawl::flow::logic
