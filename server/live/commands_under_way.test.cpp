#include "server/live/commands_under_way.hpp"

#include "tests/support/catch.hpp"

using namespace pawl::server;

TEST_CASE("the last message waits for the results of commands") {
  commands_under_way commands;
  int told = 0;
  SECTION("there are none") {
    commands.begin();
    commands.end();
    commands.when_none([&] { ++told; });
    CHECK(told == 1);
  }
  SECTION("there are two") {
    commands.begin();
    commands.begin();
    commands.when_none([&] { ++told; });
    commands.end();
    CHECK(told == 0);
    commands.end();
    CHECK(told == 1);
    commands.begin();  // too late for a result, but nothing is told twice
    commands.end();
    CHECK(told == 1);
  }
}
