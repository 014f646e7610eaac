#include "flow/machine/builder/run_signals.hpp"

#include "flow/testing/part_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace pawl::flow;
using namespace pawl::flow::testing;

namespace {

struct at_signal : part_fixture {
  at_signal() : part_fixture(chain({start(), node_of("s", "signal", {{"name", "go"}}), end()})) {
    add_token("s", token_phase::sleeping);
  }
};

}  // namespace

TEST_CASE("signals are claimed in the order in which they were sent", "[builder]") {
  at_signal f;
  run_signals inbox{f.begin()};
  inbox.receive({"go", 1, "first"});
  inbox.receive({"stop", 2, ""});
  inbox.receive({"go", 3, ""});
  CHECK(f.run.signal_ids == std::vector<std::string>{"first"});
  CHECK(inbox.has("go"));
  const token& t = f.run.tokens.front();
  CHECK(inbox.claim(t, inbox.find("go")) == 1);
  CHECK(inbox.claim(t, inbox.find("go")) == 3);
  CHECK(inbox.find("go") == 0);
  CHECK_FALSE(inbox.has("go"));
  CHECK(inbox.has("stop"));
  const auto made = f.finish();
  CHECK(made.change.signals_added.size() == 3);
  CHECK(made.change.signals_claimed == std::vector<std::uint64_t>{1, 3});
}

TEST_CASE("the oldest signal whose payload fits is found", "[builder]") {
  at_signal f;
  run_signals inbox{f.begin()};
  for (const int payload : {1, 2, 3}) inbox.receive({"go", payload, ""});
  const auto above = [&](int least) {
    return inbox.find("go", [least](const json& payload) { return payload > least; });
  };
  CHECK(above(0) == 1);
  CHECK(above(1) == 2);
  CHECK(above(3) == 0);
  CHECK(inbox.find("stop", [](const json&) { return true; }) == 0);
  CHECK(f.finish().change.signals_claimed.empty());
}

TEST_CASE("the history names the type and the id of a signal", "[builder]") {
  at_signal f;
  run_signals inbox{f.begin()};
  inbox.receive({"go", 1, "first"});
  CHECK(inbox.claim(f.run.tokens.front(), inbox.find("go")) == 1);
  const auto made = f.finish();
  REQUIRE(made.change.events.size() == 2);
  CHECK(made.change.events[0].detail == json{{"signal", "go"}, {"id", "first"}});
  CHECK(made.change.events[1].kind == event_kind::signal_claimed);
  CHECK(made.change.events[1].node == f.index_of("s"));
}
