#include "cli/target/sse_parser.hpp"

#include <vector>

#include "tests/support/catch.hpp"

namespace pawl::cli {
namespace {

std::vector<stream_event> all_of(sse_parser& parser) {
  std::vector<stream_event> all;
  while (auto event = parser.next()) all.push_back(*std::move(event));
  return all;
}

TEST_CASE("events are parsed from chunks of any size") {
  const std::string text =
      ": \n\nid: 1.0\nevent: run_created\ndata: {\"a\":1}\n\nevent: step_log\r\ndata: x\r\ndata: "
      "y\r\n\r\nid: 9.9\n\ndata: unfinished";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    sse_parser parser;
    std::vector<stream_event> all;
    for (std::size_t at = 0; at < text.size(); at += size) {
      REQUIRE(parser.feed(std::string_view{text}.substr(at, size)));
      for (auto& each : all_of(parser)) all.push_back(std::move(each));
    }
    INFO("chunk size " << size);
    REQUIRE(all.size() == 2);
    CHECK(all[0].id == "1.0");
    CHECK(all[0].kind == "run_created");
    CHECK(all[0].data == "{\"a\":1}");
    CHECK(all[1].id.empty());
    CHECK(all[1].kind == "step_log");
    CHECK(all[1].data == "x\ny");
    CHECK(parser.last_id() == "9.9");
  }
}

TEST_CASE("an id without an event counts once its block is complete") {
  sse_parser parser;
  REQUIRE(parser.feed("id: 4.0\n"));
  CHECK_FALSE(parser.next());
  CHECK(parser.last_id().empty());
  REQUIRE(parser.feed("\n"));
  CHECK_FALSE(parser.next());
  CHECK(parser.last_id() == "4.0");
}

}  // namespace
}  // namespace pawl::cli
