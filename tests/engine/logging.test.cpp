// The format and the fields of log lines.

#include "runtime/logging.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <pawl/detail/log_context.hpp>
#include <pawl/engine.hpp>

#include "runtime/core.hpp"
#include "tests/support/catch.hpp"

using namespace pawl;
using namespace std::chrono_literals;

namespace {

/// A log file, deleted at the end.
struct log_file {
  log_file()
      : path(std::filesystem::temp_directory_path() /
             ("pawl-log-" + std::to_string(::getpid()) + ".txt")) {
    std::filesystem::remove(path);
  }
  ~log_file() { std::filesystem::remove(path); }

  [[nodiscard]] std::shared_ptr<spdlog::logger> open(log_format format,
                                                     log_level level = log_level::debug) const {
    log_settings s;
    s.file = path;
    s.format = format;
    s.level = level;
    auto made = make_logger(s);
    REQUIRE(made);
    return *std::move(made);
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> all;
    std::ifstream in{path};
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }

  std::filesystem::path path;
};

const trace_context some_trace{{1}, {2}, 1};

void write_lines(spdlog::logger& log) {
  const detail::log_about request{{.request = "q-1"}};
  log.info("of a request\nthat is \x1b[1mevil");
  const detail::log_about step{
      {.scope = "acme", .run = "r-1", .node = "a \"b\"", .trace = &some_trace}};
  log.warn("of a step");
  log.flush();
}

}  // namespace

TEST_CASE("a JSON log line has run, node, request and trace as members", "[log]") {
  const log_file file;
  write_lines(*file.open(log_format::json_lines));
  const auto lines = file.lines();
  REQUIRE(lines.size() == 2);
  json first = json::parse(lines[0]), second = json::parse(lines[1]);
  CHECK(parse_rfc3339(first["time"].get<std::string>()));
  first.erase("time");
  second.erase("time");
  CHECK(first == json{{"level", "info"},
                      {"message", "of a request\nthat is \x1b[1mevil"},
                      {"request_id", "q-1"}});
  CHECK(second == json{{"level", "warning"},
                       {"message", "of a step"},
                       {"scope", "acme"},
                       {"run", "r-1"},
                       {"node", "a \"b\""},
                       {"request_id", "q-1"},
                       {"trace_id", "01000000000000000000000000000000"}});
}

TEST_CASE("a text log line has its fields after the message and is always one line", "[log]") {
  const log_file file;
  write_lines(*file.open(log_format::text));
  const auto lines = file.lines();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].substr(lines[0].find(' ')) ==
        " info of a request\\x0athat is \\x1b[1mevil request_id=q-1");
  CHECK(lines[1].substr(lines[1].find(' ')) ==
        " warning of a step scope=acme run=r-1 node=\"a \\x22b\\x22\" request_id=q-1 "
        "trace_id=01000000000000000000000000000000");
}

TEST_CASE("the log level can be changed while threads log", "[log]") {
  const log_file file;
  const auto log = file.open(log_format::text, log_level::error);
  CHECK(level_of(*log) == log_level::error);
  log->warn("not to be seen");
  for (const auto level : {log_level::debug, log_level::info, log_level::warning}) {
    set_level(*log, level);
    CHECK(level_of(*log) == level);
  }
  log->warn("to be seen");
  log->flush();
  CHECK(file.lines().size() == 1);
}

TEST_CASE("log lines of functions have the fields of their step", "[log]") {
  const log_file file;
  engine_components components;
  components.log = file.open(log_format::json_lines, log_level::info);
  const auto log = components.log;
  engine e = engine_access::make({}, std::move(components));
  for (const bool run_inline : {false, true}) {
    REQUIRE(e.functions().add(run_inline ? "t.inline" : "t.thread",
                              [log](const json&, step_context&) -> result<json> {
                                log->info("at work");
                                return json::object();
                              },
                              {.run_inline = run_inline}));
  }
  REQUIRE(e.open());
  REQUIRE(e.put_flow({{"name", "f"},
                      {"nodes",
                       {{{"id", "a"}, {"type", "task"}, {"data", {{"code_ref", "t.thread"}}}},
                        {{"id", "b"}, {"type", "task"}, {"data", {{"code_ref", "t.inline"}}}}}},
                      {"edges", {{{"source", "a"}, {"target", "b"}}}}}));
  start_options how;
  how.id = run_id{"r-1"};
  how.trace = some_trace;
  REQUIRE(e.start_and_wait("f", json::object(), 30s, how));
  REQUIRE(e.stop());
  log->flush();
  std::vector<std::string> nodes;
  for (const auto& text : file.lines()) {
    const json line = json::parse(text);
    if (line["message"] != "at work") continue;
    CHECK(line["scope"] == "default");
    CHECK(line["run"] == "r-1");
    CHECK(line["trace_id"] == "01000000000000000000000000000000");
    nodes.push_back(line["node"].get<std::string>());
  }
  CHECK(nodes == std::vector<std::string>{"a", "b"});
}
