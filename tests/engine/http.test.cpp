// Nodes of type http in a real engine, against a real server on this machine.

#include <arpa/inet.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "functions/http/test_server.hpp"
#include "functions/process/fd.hpp"
#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;
using functions::http::always;
using functions::http::answer_with;
using functions::http::test_connection;
using functions::http::test_request;
using functions::http::test_server;

namespace {

/// An engine that is allowed to call the servers of these tests.
settings calling(settings s) {
  s.http.allow_hosts = {"127.0.0.1"};
  return s;
}

/// A flow with one request and an edge for each error type.
json asking(const std::string& url, json more, const std::vector<std::string>& error_types) {
  more["url"] = url;
  std::vector<json> nodes{node("begin", "start"), node("ask", "http", std::move(more)),
                          node("end", "end")};
  std::vector<json> edges{edge("begin", "ask"), edge("ask", "end")};
  for (const auto& type : error_types) {
    nodes.push_back(node("on_" + type, "set", {{"values", {{"went", "on_" + type}}}}));
    edges.push_back(edge("ask", "on_" + type, {{"on_error", type}, {"into", "why"}}));
  }
  return flow_named("f", std::move(nodes), std::move(edges));
}

const json quick_retries{{"max_attempts", 5}, {"initial_interval", "1ms"}, {"jitter", 0}};

std::vector<std::string> keys_of(const std::vector<test_request>& requests) {
  std::vector<std::string> keys;
  for (const auto& each : requests) keys.push_back(each.headers.at("idempotency-key"));
  return keys;
}

/// A server that accepts connections and never answers.
class silent_server {
 public:
  silent_server() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    // The system accepts connections up to the backlog by itself.
    REQUIRE(::bind(listening_.get(), generic, size) == 0);
    REQUIRE(::listen(listening_.get(), 4'096) == 0);
    REQUIRE(::getsockname(listening_.get(), generic, &size) == 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  }
  [[nodiscard]] const std::string& url() const noexcept { return url_; }

 private:
  functions::unique_fd listening_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::string url_;
};

/// Raises the limit of open files so that a test can have `count` more. Returns false if it cannot.
bool allow_files(rlim_t count) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  if (limit.rlim_cur >= count + 200) return true;
  limit.rlim_cur = count + 200;
  return limit.rlim_cur <= limit.rlim_max && ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

}  // namespace

TEST_CASE("a thousand requests without an answer use no thread and stop no other step",
          "[engine][http]") {
  REQUIRE(allow_files(1'000));
  const silent_server server;
  settings s = calling(quiet_settings());
  s.executor.threads = 2;
  s.exec.allow = {"true"};
  s.engine.stop_timeout_ms = 0ms;
  engine e{s};
  REQUIRE(e.functions().add("t.step", [](step_context&) {}));
  REQUIRE(e.open());
  REQUIRE(e.put_flow(asking(server.url(), {{"timeout_ms", 3'600'000}}, {})));
  REQUIRE(e.put_flow(task_flow("step", "t.step")));
  REQUIRE(e.put_flow(task_flow("exec", "core.exec", {{"args", {{"argv", {"true"}}}}})));
  std::vector<run_id> asks;
  for (int i = 0; i < 1'000; ++i) {
    const auto run = e.start("f");
    REQUIRE(run);
    asks.push_back(run->id);
  }
  for (int i = 0; i < 4'000 && e.load()->running_calls < 1'000; ++i)
    std::this_thread::sleep_for(5ms);
  CHECK(e.load()->running_calls == 1'000);
  for (const auto* flow : {"step", "exec"}) {
    for (int i = 0; i < 10; ++i) {
      const auto done = e.start_and_wait(flow, json::object(), 20s);
      REQUIRE(done);
      CHECK(done->summary.status == run_status::completed);
    }
  }
  // A cancel ends a transfer at once: the grace period, 5 s each, would show.
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 500; ++i) REQUIRE(e.runs().cancel(asks[static_cast<std::size_t>(i)], {}));
  for (int i = 0; i < 4'000 && e.load()->running_calls > 500; ++i) std::this_thread::sleep_for(1ms);
  CHECK(e.load()->running_calls == 500);
  CHECK(e.load()->stuck_calls == 0);
  CHECK(e.stop());
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("a request is made of the run's data and the response is stored in it",
          "[engine][http]") {
  const test_server server{
      always(answer_with(201, R"({"order": 7})", "Content-Type: application/json\r\n"))};
  REQUIRE(server.ready());
  engine e{calling(quiet_settings())};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(asking(server.url("/orders"),
                            {{"method", "POST"},
                             {"json", {{"var", "order"}}},
                             {"headers", {{"x-user", {{"var", "user"}}}}},
                             {"into", "answer"}},
                            {})));
  const auto done =
      e.start_and_wait("f", {{"user", "ann"}, {"order", {{"total", 12}, {"n", 1}}}}, 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  CHECK(done->data["answer"]["status"] == 201);
  CHECK(done->data["answer"]["json"] == json{{"order", 7}});
  const auto requests = server.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].method == "POST");
  CHECK(requests[0].target == "/orders");
  CHECK(requests[0].headers.at("x-user") == "ann");
  CHECK(json::parse(requests[0].body) == json{{"total", 12}, {"n", 1}});
}

TEST_CASE("a request is retried with one idempotency key until its status is accepted",
          "[engine][http]") {
  std::atomic<int> calls{0};
  const test_server server{[&](const test_request&, const test_connection&) {
    return ++calls < 3 ? answer_with(503, "busy") : answer_with(200, "there");
  }};
  REQUIRE(server.ready());
  engine e{calling(quiet_settings())};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(asking(server.url(), {{"retry", quick_retries}}, {})));
  const auto first = e.start_and_wait("f", json::object(), 30s);
  REQUIRE(first);
  CHECK(first->summary.status == run_status::completed);
  CHECK(first->data["response"]["body"] == "there");
  CHECK(count_of(kinds_of(e, first->summary.key.id), "retry_scheduled") == 2);
  const auto second = e.start_and_wait("f", json::object(), 30s);
  REQUIRE(second);
  const auto keys = keys_of(server.requests());
  REQUIRE(keys.size() == 4);
  CHECK(keys[0].find(first->summary.key.id.str()) != std::string::npos);
  CHECK(std::set<std::string>(keys.begin(), keys.begin() + 3).size() == 1);
  CHECK(keys[3] != keys[0]);
}

TEST_CASE("what result computes of a response is merged into the data", "[engine][http]") {
  const test_server server{
      [](const test_request&, const test_connection&) { return answer_with(200, "there"); }};
  REQUIRE(server.ready());
  engine e{calling(quiet_settings())};
  REQUIRE(e.open());
  const json seen{{"seen", {{"var", "result.body"}}}};
  for (const bool has_key : {false, true}) {
    json more{{"result", seen}};
    if (has_key) more["into"] = "answer";
    REQUIRE(e.put_flow(asking(server.url(), std::move(more), {})));
    const auto done = e.start_and_wait("f", json::object(), 30s);
    REQUIRE(done);
    const json kept{{"seen", "there"}};
    CHECK(done->data == (has_key ? json{{"answer", kept}} : kept));
  }
}

TEST_CASE("the node decides whether a status is retried, fails or is accepted", "[engine][http]") {
  std::atomic<int> calls{0};
  const test_server server{[&](const test_request&, const test_connection&) {
    ++calls;
    return answer_with(404, "no such thing");
  }};
  REQUIRE(server.ready());
  const auto run = [&](json more) {
    calls = 0;
    engine e{calling(quiet_settings())};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(asking(server.url(), std::move(more), {"http_status"})));
    const auto done = e.start_and_wait("f", json::object(), 30s);
    REQUIRE(done);
    CHECK(done->summary.status == run_status::completed);
    return done->data;
  };
  json named = quick_retries;
  named["on"] = {{{"status", 404}}};
  const json given_up = run({{"retry", named}});
  CHECK(calls == 5);
  CHECK(given_up["why"]["details"]["status"] == 404);
  CHECK(given_up["went"] == "on_http_status");
  CHECK(given_up["why"]["message"].get<std::string>().find("404") != std::string::npos);

  // By itself, a client error is final.
  CHECK(run({{"retry", quick_retries}})["went"] == "on_http_status");
  CHECK(calls == 1);

  json at_once = quick_retries;
  at_once["non_retryable"] = {"http_status"};
  CHECK(run({{"retry", at_once}})["went"] == "on_http_status");
  CHECK(calls == 1);

  const json taken = run({{"retry", quick_retries}, {"accept_status", {"2xx", 404}}});
  CHECK(calls == 1);
  CHECK(taken["response"]["status"] == 404);
}

TEST_CASE("a request is repeated with its idempotency key after a restart of the engine",
          "[engine][http]") {
  const data_folder kept;
  std::promise<void> asked;
  std::atomic<int> calls{0};
  const test_server server{[&](const test_request&, const test_connection& c) -> std::string {
    if (++calls > 1) return answer_with(200, "");
    asked.set_value();
    c.wait_for_end();  // never answers
    return {};
  }};
  REQUIRE(server.ready());
  run_id id;
  {
    settings s = calling(kept.used());
    s.engine.stop_timeout_ms = 0ms;
    engine e{s};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(asking(server.url(), json::object(), {})));
    id = e.start("f")->id;
    REQUIRE(asked.get_future().wait_for(30s) == std::future_status::ready);
    REQUIRE(e.stop());
  }
  engine e{calling(kept.used())};
  REQUIRE(e.open());
  const auto done = e.wait(id, 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::completed);
  const auto keys = keys_of(server.requests());
  REQUIRE(keys.size() == 2);
  CHECK(keys[0] == keys[1]);
}

TEST_CASE("each failure of a request has its own error type", "[engine][http]") {
  const std::vector<std::string> types{"http_status", "http_connect", "http_not_allowed",
                                       "http_failed", "too_large",    "timed_out"};
  const auto goes = [&](const std::string& url, json more) {
    engine e{calling(quiet_settings())};
    REQUIRE(e.open());
    REQUIRE(e.put_flow(asking(url, std::move(more), types)));
    const auto done = e.start_and_wait("f", json::object(), 30s);
    REQUIRE(done);
    return done->data.value("went", "");
  };
  const test_server answers{always(answer_with(500, "broken"))};
  const test_server talks{always(answer_with(200, std::string(2000, 'x')))};
  const test_server garbles{always("what is this\r\n\r\n")};
  const test_server waits{[](const test_request&, const test_connection& c) -> std::string {
    c.wait_for_end();
    return {};
  }};
  std::string nobody;
  {
    const test_server gone{always("")};
    nobody = gone.url();
  }
  CHECK(goes(answers.url(), json::object()) == "on_http_status");
  CHECK(goes(nobody, json::object()) == "on_http_connect");
  CHECK(goes("http://127.0.0.2:1/", json::object()) == "on_http_not_allowed");
  CHECK(goes(garbles.url(), json::object()) == "on_http_failed");
  CHECK(goes(talks.url(), {{"max_bytes", 1000}}) == "on_too_large");
  CHECK(goes(waits.url(), {{"timeout", "100ms"}}) == "on_timed_out");
}

TEST_CASE("a cancelled run aborts its running request", "[engine][http]") {
  std::promise<void> asked, hung_up;
  const test_server server{[&](const test_request&, const test_connection& c) -> std::string {
    asked.set_value();
    c.wait_for_end();
    hung_up.set_value();
    return {};
  }};
  REQUIRE(server.ready());
  engine e{calling(quiet_settings())};
  REQUIRE(e.open());
  REQUIRE(e.put_flow(asking(server.url(), {{"timeout", "1h"}}, {})));
  const auto id = e.start("f")->id;
  REQUIRE(asked.get_future().wait_for(30s) == std::future_status::ready);
  REQUIRE(e.runs().cancel(id));
  const auto done = e.wait(id, 30s);
  REQUIRE(done);
  CHECK(done->summary.status == run_status::cancelled);
  CHECK(hung_up.get_future().wait_for(30s) == std::future_status::ready);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a request that must be sent once is not sent again after a time-out",
          "[engine][http][once]") {
  const test_server server{[](const test_request& got, const test_connection& c) -> std::string {
    if (got.target == "/undo") return answer_with(200, "");
    c.wait_for_end();  // never answers
    return {};
  }};
  REQUIRE(server.ready());
  engine e{calling(quiet_settings())};
  REQUIRE(e.open());
  const auto sent_to = [&](std::string_view target) {
    const auto all = server.requests();
    return std::count_if(all.begin(), all.end(),
                         [&](const test_request& each) { return each.target == target; });
  };
  for (const std::string policy : {"ask", "fail", "compensate"}) {
    INFO(policy);
    json order{{"method", "POST"},
               {"timeout", "200ms"},
               {"retry", quick_retries},
               {"effect", "once"},
               {"in_doubt", policy}};
    order["compensate"] = {{"code_ref", "core.http"},
                           {"args", {{"method", "POST"}, {"url", server.url("/undo")}}}};
    REQUIRE(e.put_flow(asking(server.url("/" + policy), std::move(order), {})));
    const auto run = e.start("f");
    REQUIRE(run);
    const auto wanted = policy == "ask" ? run_status::paused : run_status::failed;
    once(e, run->id, [&](const run_view& v) { return v.summary.status == wanted; });
    CHECK(sent_to("/" + policy) == 1);
    CHECK(sent_to("/undo") == (policy == "compensate" ? 1 : 0));
    const auto kinds = kinds_of(e, run->id);
    CHECK(count_of(kinds, "in_doubt") == 1);
    CHECK(count_of(kinds, "retry_scheduled") == 0);
  }
}
