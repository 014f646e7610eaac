// Fuzzes the API without sockets. The first line of the input is a method and a target
// ("POST /v1/runs?wait=1s"); the rest is the body. Checks that every request gets one answer, that
// no answer is an internal error, that refusals are problem documents with a code, and that JSON
// answers parse.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <pawl/assert.hpp>

#include "server/testing/api_fixture.hpp"

namespace {

using pawl::json;
using pawl::server::testing::api_fixture;

/// Number of requests per engine. A new engine bounds what they store.
constexpr int requests_of_an_engine = 1000;

pawl::settings small_settings() {
  pawl::settings s = api_fixture::quiet();
  s.engine.scheduler_threads = 1;
  s.engine.stop_timeout_ms = std::chrono::milliseconds{0};
  s.executor.threads = 1;
  s.executor.stop_grace_ms = std::chrono::milliseconds{0};
  s.run.max_state_bytes = 64u << 10;
  s.server.max_json_depth = 40;
  return s;
}

/// An API with the flows "f", "w" and "t", a run "done" that has ended, a run "w" that waits for a
/// signal, and a run "t" that waits for a worker.
std::unique_ptr<api_fixture> make_api() {
  auto made = std::make_unique<api_fixture>(small_settings(), /*old_api=*/true);
  made->put("f", {api_fixture::task("a", "core.echo"), api_fixture::task("b", "t.log")});
  made->put("w", {api_fixture::signal("s", "go"), api_fixture::task("b", "t.fail")});
  made->put("t", {api_fixture::task("a", "w.work")});
  static_cast<void>(made->post("/v1/runs?wait=10s", {{"flow", "f"}, {"id", "done"}}));
  static_cast<void>(made->post("/v1/runs", {{"flow", "w"}, {"id", "w"}}));
  static_cast<void>(made->post("/v1/runs", {{"flow", "t"}, {"id", "t"}}));
  // As during a stop: requests that would wait are answered at once.
  made->waits->end_all();
  return made;
}

api_fixture& api() {
  static std::unique_ptr<api_fixture> current;
  static int requests = 0;
  if (!current || ++requests == requests_of_an_engine) {
    current.reset();
    current = make_api();
    requests = 0;
  }
  return *current;
}

void check(const pawl::server::http::response& answer) {
  PAWL_ASSERT(answer.status != 0, "every request is answered");
  PAWL_ASSERT(answer.status < 500 || answer.status == 503 || answer.status == 507,
              ("the server says that it is broken: " + answer.body).c_str());
  const std::string type{answer.fields.find("Content-Type").value_or("")};
  if (answer.status >= 400) {
    PAWL_ASSERT(type == "application/problem+json", "what is refused is a problem");
    const json problem = json::parse(answer.body);
    PAWL_ASSERT(problem.at("code").is_string() && problem.at("status") == answer.status,
                "a problem has a code and its status");
  } else if (type == "application/json" && !answer.body.empty()) {
    PAWL_ASSERT(json::accept(answer.body), "what is called JSON is JSON");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const auto line_end = std::min(text.find('\n'), text.size());
  const auto space = text.substr(0, line_end).find(' ');
  if (space == text.npos) return 0;
  const std::string method{text.substr(0, space)};
  const std::string target{text.substr(space + 1, line_end - space - 1)};
  // The transport refuses everything else.
  for (const char c : target)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) return 0;
  if (!target.starts_with('/')) return 0;

  const std::string body{text.substr(std::min(line_end + 1, text.size()))};
  const auto exchange = api().begin(method, target, body);
  check(exchange->wait());
  PAWL_ASSERT(exchange->answers() == 1, "a request is answered once");
  if (const auto stream = exchange->stream()) stream->disconnect();
  return 0;
}
