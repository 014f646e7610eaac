// Values that an embedder can pass but JSON cannot express.
#include <limits>

#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();

template <class T>
void check_refused(const result<T>& outcome, const std::string& message,
                   errc code = errc::invalid_argument) {
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().message == message);
  CHECK(outcome.error().code == code);
}

/// An engine with one run that waits for a signal and then asks a question.
struct engine_with_a_run : engine {
  engine_with_a_run() : engine(quiet_settings()) {
    REQUIRE(open());
    REQUIRE(put_flow(flow_named("f",
                                {node("begin", "start"), node("wait", "signal", {{"name", "go"}}),
                                 node("ask", "interrupt", {{"question", "?"}}), node("end", "end")},
                                {edge("begin", "wait"), edge("wait", "ask"), edge("ask", "end")})));
    start_options options;
    options.id = run_id{"r"};
    REQUIRE(start("f", json::object(), std::move(options)));
  }
};

}  // namespace

TEST_CASE("a start with a value that is not JSON is refused") {
  const engine_with_a_run e;
  check_refused(e.start("f", {{"a", {1, not_a_number}}}),
                "the input at /a/1 is NaN, which JSON cannot express");
  check_refused(e.start("f", {{"a", "x\xff"}}),
                "the input at /a has text that is not valid UTF-8 at byte 1");
  start_options options;
  options.metadata = {{"raw", json::binary({1})}};
  check_refused(e.start("f", {}, std::move(options)),
                "the metadata at /raw is binary, which JSON cannot express; encode it, for example "
                "as base64");
  CHECK(e.runs().list()->runs.size() == 1);
}

TEST_CASE("a value that nests too deep is refused before any code recurses into it") {
  const engine_with_a_run e;
  json deep = 1;
  for (int i = 0; i < 200'000; ++i) {
    json around = json::array();
    around.push_back(std::move(deep));
    deep = std::move(around);
  }
  json input = json::object();
  input["deep"] = std::move(deep);
  check_refused(e.start("f", input), "the input is nested deeper than 1000 levels",
                errc::limit_exceeded);
}

TEST_CASE("a command with a value that is not JSON is refused; a valid one follows") {
  const engine_with_a_run e;
  const run_id r{"r"};
  check_refused(e.signal(r, "go", {{"x", not_a_number}}),
                "the payload of the signal at /x is NaN, which JSON cannot express");
  check_refused(e.signal(r, "g\xff", {}),
                "the type of a signal has 1 to 128 bytes of UTF-8 and no control characters");
  check_refused(e.signal(r, "go", {}, {.id = "\xff"}), "the id of a signal must be UTF-8");
  check_refused(e.runs().pause(r, {.reason = "\xff"}), "the reason must be UTF-8");
  check_refused(e.runs().pause(r, {.reason = std::string(5000, 'x')}),
                "the reason has 5000 bytes; the maximum is 4096", errc::limit_exceeded);
  REQUIRE(e.runs().pause(r, {.reason = "für jetzt"}));
  check_refused(e.runs().set_data(r, {{"x", "\xc3"}}),
                "the new data at /x has text that is not valid UTF-8 at byte 0");
  REQUIRE(e.runs().resume(r));
  REQUIRE(e.signal(r, "go", {{"x", 1}}));
  once(e, r, [](const run_view& v) { return v.summary.status == run_status::paused; });
  resume_options answer;
  answer.answer = json{{"x", not_a_number}};
  check_refused(e.runs().resume(r, std::move(answer)),
                "the answer at /x is NaN, which JSON cannot express");
  resume_options good;
  good.answer = "yes";
  REQUIRE(e.runs().resume(r, std::move(good)));
  REQUIRE(e.wait(r, std::chrono::seconds{10}));
  CHECK(e.get(r)->summary.status == run_status::completed);
}
