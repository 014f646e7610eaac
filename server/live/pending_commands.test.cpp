#include "server/live/pending_commands.hpp"

#include "tests/support/catch.hpp"

using namespace pawl::server;

TEST_CASE("when_idle waits for the pending commands") {
  pending_commands commands;
  int calls = 0;
  SECTION("without pending commands") {
    commands.begin();
    commands.end();
    commands.when_idle([&] { ++calls; });
    CHECK(calls == 1);
  }
  SECTION("with two pending commands") {
    commands.begin();
    commands.begin();
    commands.when_idle([&] { ++calls; });
    commands.end();
    CHECK(calls == 0);
    commands.end();
    CHECK(calls == 1);
    commands.begin();  // too late for a result; the callback is not called again
    commands.end();
    CHECK(calls == 1);
  }
}
