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

/// Nests so deep that code that recurses into it ends the process.
json deep_value() {
  json deep = 1;
  for (int i = 0; i < 200'000; ++i) {
    json around = json::array();
    around.push_back(std::move(deep));
    deep = std::move(around);
  }
  return deep;
}

/// An object with such a value.
json deep_object() {
  json object = json::object();
  object["deep"] = deep_value();
  return object;
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
  const run_id r{"r"};
  const auto too_deep = [](const auto& outcome, const std::string& what) {
    check_refused(outcome, what + " is nested deeper than 1000 levels", errc::limit_exceeded);
  };
  too_deep(e.start("f", deep_object()), "the input");
  start_options options;
  options.metadata = deep_object();
  too_deep(e.start("f", {}, std::move(options)), "the metadata");
  too_deep(e.signal(r, "go", deep_value()), "the payload of the signal");
  REQUIRE(e.runs().pause(r));
  too_deep(e.runs().set_data(r, deep_object()), "the new data");
  resume_options update;
  update.update = deep_object();
  too_deep(e.runs().resume(r, std::move(update)), "the new data");
  too_deep(e.put_flow(deep_object()), "the flow definition");
  too_deep(e.flows().validate(deep_object()), "the flow definition");
  CHECK(e.get(r)->summary.status == run_status::paused);
}

TEST_CASE("a result of a worker that nests too deep fails its step, and nothing else") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(task_flow("f", "remote.step", {{"queue", "q"}})));
  const auto id = e.start("f")->id;
  task_poll wanted;
  wanted.worker = "w";
  wanted.queue = "q";
  wanted.functions = {"remote.step"};
  wanted.wait = std::chrono::seconds{10};
  const auto tasks = e.workers().poll(wanted);
  REQUIRE(tasks);
  REQUIRE(tasks->size() == 1);
  REQUIRE(e.workers().complete(tasks->front().id, {deep_value()}));
  const auto failed = e.wait(id, std::chrono::seconds{10});
  REQUIRE(failed);
  CHECK(failed->summary.status == run_status::failed);
  CHECK(failed->summary.error->message.find("deep") != std::string::npos);
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

TEST_CASE("an answer that is not JSON is refused before it is checked against a schema") {
  engine e{quiet_settings()};
  REQUIRE(e.open());
  const json schema{{"uniqueItems", true},
                    {"items",
                     {{"multipleOf", 0.1},
                      {"pattern", "^.$"},
                      {"format", "date"},
                      {"enum", {1, "a", json::array()}}}}};
  REQUIRE(e.put_flow(single("f", "interrupt", {{"question", "?"}, {"schema", schema}})));
  const auto id = e.start("f")->id;
  once(e, id, [](const run_view& v) { return v.summary.status == run_status::paused; });
  const auto answer = [&](json value) {
    resume_options with;
    with.answer = std::move(value);
    return e.runs().resume(id, std::move(with));
  };
  check_refused(answer({not_a_number, not_a_number}),
                "the answer at /0 is NaN, which JSON cannot express");
  check_refused(answer({"a", "\xff\xfe"}),
                "the answer at /1 has text that is not valid UTF-8 at byte 0");
  check_refused(answer({1, json::binary({1})}),
                "the answer at /1 is binary, which JSON cannot express; encode it, for example as "
                "base64");
  check_refused(answer(deep_value()), "the answer is nested deeper than 1000 levels",
                errc::limit_exceeded);
  CHECK(answer({1, "b"}).error().message.starts_with("the answer does not match its schema"));
}

TEST_CASE("a flow with a value that is not JSON is refused") {
  const engine_with_a_run e;
  for (const auto& [value, problem] :
       {std::pair<json, std::string>{not_a_number, "is NaN, which JSON cannot express"},
        {"\xff", "has text that is not valid UTF-8 at byte 0"},
        {json::binary({1}),
         "is binary, which JSON cannot express; encode it, for example as base64"}}) {
    const json flow = single("g", "set", {{"values", {{"x", value}}}});
    const std::string message = "the flow definition at /nodes/1/data/values/x " + problem;
    check_refused(e.put_flow(flow), message);
    check_refused(e.flows().validate(flow), message);
  }
  CHECK(e.put_flow(single("g", "set", {{"values", {{"x", 1}}}})));
}
