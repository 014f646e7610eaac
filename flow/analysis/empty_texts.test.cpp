// Texts with braces that are empty where the input has nothing.
#include "flow/testing/flows.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

using lines = std::vector<std::string>;

/// A flow that makes a text of an input with a name, perhaps a title and perhaps an address.
json greeting(const char* text, const std::vector<json>& more_nodes = {}) {
  std::vector<json> nodes{start()};
  nodes.insert(nodes.end(), more_nodes.begin(), more_nodes.end());
  nodes.push_back(node_of("s", "set", {{"values", {{"t", text}}}}));
  nodes.push_back(end());
  json flow = chain(std::move(nodes));
  flow["input_schema"] = json::parse(R"({
    "type": "object", "required": ["name", "address", "nick"],
    "properties": {
      "name": {"type": "string"}, "title": {"type": "string"}, "nick": {"type": ["string", "null"]},
      "lang": {"type": "string", "default": "en"},
      "address": {"type": "object", "properties": {"street": {"type": "string"}}}
    }})");
  return flow;
}

}  // namespace

TEST_CASE("a text that may be empty in braces causes a warning", "[soundness]") {
  const lines warned{"/nodes/1/data/values/t empty_in_text"};
  CHECK(warnings_of(greeting("Dear {{title}} {{name}}")) == warned);
  CHECK(warnings_of(greeting("to {{nick}}")) == warned);
  CHECK(warnings_of(greeting("at {{address.street}}")) == warned);
  for (const char* good : {"Dear {{name}}", "{{title}}", "in {{lang}}", "of {{other}}",
                           "Dear {{title | ?? \"you\"}}", "at {{address}}"}) {
    CAPTURE(good);
    CHECK(warnings_of(greeting(good)) == lines{});
  }
  CHECK(message_of(greeting("Dear {{title}}"), "empty_in_text") ==
        "the input may have no \"title\", and the text is empty there; {{title | ?? \"…\"}} stands "
        "for another text, and a \"default\" in the schema for the value");
}

TEST_CASE("a text is not reported where a step may write what it reads", "[soundness]") {
  const json writes = node_of("w", "set", {{"values", {{"title", "Dr."}}}});
  CHECK(warnings_of(greeting("Dear {{title}}", {writes})) == lines{});
  CHECK(warnings_of(greeting("Dear {{title}}", {task("w")})) == lines{});
  CHECK(warnings_of(greeting("Dear {{title}}", {task("w", {{"into", "x"}})})) ==
        lines{"/nodes/2/data/values/t empty_in_text"});
}
