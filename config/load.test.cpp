#include "config/load.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include "config/keys.hpp"
#include "config/render.hpp"
#include "tests/support/catch.hpp"

#include <unistd.h>

using namespace pawl;
using namespace pawl::config;
using namespace std::chrono_literals;

namespace {

// A temporary file, removed at the end of the test.
class temporary_file {
 public:
  explicit temporary_file(std::string_view text)
      : path_(std::filesystem::temp_directory_path() /
              ("pawl-config-" + std::to_string(::getpid()) + ".toml")) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file() { std::filesystem::remove(path_); }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

std::string origin_of(const effective_settings& effective, std::string_view name) {
  REQUIRE(find_key(name) != nullptr);
  return to_string(effective.origin_of(name));
}

effective_settings loaded(const sources& from) {
  auto all = load(from);
  if (!all) FAIL(all.error().message);
  return *std::move(all);
}

error refused(const sources& from) {
  const auto all = load(from);
  REQUIRE_FALSE(all);
  CHECK(all.error().code == errc::invalid_argument);
  return all.error();
}

error refused(const std::vector<variable>& environment) {
  return refused(sources{.file = {}, .environment = environment, .flags = {}});
}

}  // namespace

TEST_CASE("Without sources every setting has its default") {
  const auto all = loaded({});
  CHECK(all.values.storage.data_dir.empty());
  CHECK(all.values.storage.durability == durability::sync);
  CHECK(origin_of(all, "storage.durability") == "default");
  CHECK(all.origins.size() == keys().size());
}

TEST_CASE("A boolean is a word or a TOML boolean") {
  const temporary_file file("[server]\nold_api = true\n");
  CHECK(loaded({.file = file.path(), .environment = {}, .flags = {}}).values.server.old_api);
  const auto by_word = [](const char* word) {
    return sources{.file = {}, .environment = {{"PAWL_SERVER_OLD_API", word}}, .flags = {}};
  };
  CHECK(loaded(by_word("true")).values.server.old_api);
  CHECK_FALSE(loaded(by_word("false")).values.server.old_api);
  CHECK(refused(by_word("yes")).message.find("one of false, true") != std::string::npos);
  const temporary_file number("[server]\nold_api = 1\n");
  CHECK(refused({.file = number.path(), .environment = {}, .flags = {}})
            .message.find("one of false, true") != std::string::npos);
}

TEST_CASE("The environment overrides the file, and flags override both") {
  const temporary_file file(
      "[storage]\n"
      "journal_groups = 8\n"
      "durability = \"off\"\n"
      "data_dir = \"/file\"\n");
  const auto all = loaded({.file = file.path(),
                           .environment = {{"PAWL_STORAGE_DURABILITY", "async"},
                                           {"PAWL_STORAGE_DATA_DIR", "/environment"}},
                           .flags = {{"storage.data_dir", "/flag", "--data-dir"}}});
  CHECK(all.values.storage.journal_groups == 8);
  CHECK(all.values.storage.durability == durability::async);
  CHECK(all.values.storage.data_dir == "/flag");
  CHECK(origin_of(all, "storage.journal_groups") == file.path().string() + ":2");
  CHECK(origin_of(all, "storage.durability") == "PAWL_STORAGE_DURABILITY");
  CHECK(origin_of(all, "storage.data_dir") == "--data-dir");
  CHECK(origin_of(all, "flow.max_nodes") == "default");
}

TEST_CASE("PAWL_CONFIG names the file if no other is given") {
  const temporary_file file("flow = {max_nodes = 7}\n");
  const std::vector<variable> environment{{"PAWL_CONFIG", file.path().string()}};
  const auto all = loaded({.file = {}, .environment = environment, .flags = {}});
  CHECK(all.values.flow.max_nodes == 7);
}

TEST_CASE("The variables of clients are ignored") {
  const auto all = loaded({.file = {},
                           .environment = {{"PAWL_SERVER", "http://127.0.0.1:7717"},
                                           {"PAWL_TOKEN", "pawl_x_y"},
                                           {"PAWL_SCOPE", "acme"}},
                           .flags = {}});
  CHECK(all.values.storage.data_dir.empty());
}

TEST_CASE("Sizes, times and lists in a file are TOML values or strings") {
  const temporary_file file(
      "flow.max_bytes = 4096\n"
      "run.max_state_bytes = \"2MiB\"\n"
      "engine.stop_timeout_ms = \"30s\"\n"
      "executor.stop_grace_ms = 250\n"
      "exec.allow = [\"tar\", \"/usr/bin/gzip\"]\n"
      "exec.env = \"HOME, LANG\"\n");
  const auto all = loaded({.file = file.path(), .environment = {}, .flags = {}});
  CHECK(all.values.flow.max_bytes == 4096);
  CHECK(all.values.run.max_state_bytes == 2u << 20);
  CHECK(all.values.engine.stop_timeout_ms == 30s);
  CHECK(all.values.executor.stop_grace_ms == 250ms);
  CHECK(all.values.exec.allow == std::vector<std::string>{"tar", "/usr/bin/gzip"});
  CHECK(all.values.exec.env == std::vector<std::string>{"HOME", "LANG"});
}

TEST_CASE("An empty string is an empty list or path") {
  const auto all = loaded(
      {.file = {}, .environment = {{"PAWL_EXEC_ENV", ""}, {"PAWL_LOG_FILE", ""}}, .flags = {}});
  CHECK(all.values.exec.env.empty());
  CHECK(all.values.log.file.empty());
}

TEST_CASE("An error about an invalid value names key, source, value and what is allowed") {
  CHECK(
      refused({{"PAWL_STORAGE_DURABILITY", "asnyc"}}).message ==
      "storage.durability (PAWL_STORAGE_DURABILITY): invalid value \"asnyc\"; must be one of sync, "
      "async, off; did you mean \"async\"?");
  CHECK(
      refused({{"PAWL_FLOW_MAX_NODES", "0"}}).message ==
      "flow.max_nodes (PAWL_FLOW_MAX_NODES): invalid value \"0\"; must be a whole number from 1 to "
      "100000");
  CHECK(
      refused({{"PAWL_RUN_MAX_STATE_BYTES", "2TiB"}}).message ==
      "run.max_state_bytes (PAWL_RUN_MAX_STATE_BYTES): invalid value \"2TiB\"; must be a size from "
      "1KiB to 1GiB");
  CHECK(refused({{"PAWL_EXEC_ALLOW", "tar,../sh"}}).message ==
        "exec.allow (PAWL_EXEC_ALLOW): invalid value \"tar,../sh\"; must be a list of program "
        "names such "
        "as `tar`, or absolute paths; \"../sh\" is not");
}

TEST_CASE("Allowed hosts are names, addresses and name patterns") {
  for (const char* host :
       {"*", "api.example.com", "*.example.com", "localhost:8080", "10.1.2.3:80", "::1", "[::1]",
        "[2001:db8::1]:8080", "under_score", "xn--bcher-kva.de"}) {
    CAPTURE(host);
    CHECK(loaded({.file = {}, .environment = {{"PAWL_HTTP_ALLOW_HOSTS", host}}, .flags = {}})
              .values.http.allow_hosts == std::vector<std::string>{host});
  }
  for (const char* host :
       {"https://example.com", "example.com/", "a*.example.com", "*example.com", "**",
        "localhost:", "localhost:x", "localhost:0", "localhost:65536", "[::1", "[::1]x", "[::1]:0",
        "::g!", "a b", "bücher.de", "ann@example.com", ":80"}) {
    CAPTURE(host);
    CHECK(refused({{"PAWL_HTTP_ALLOW_HOSTS", host}}).message.find("a list of hosts such as") !=
          std::string::npos);
  }
  const auto none =
      loaded({.file = {}, .environment = {{"PAWL_HTTP_ALLOW_HOSTS", ""}}, .flags = {}});
  CHECK(none.values.http.allow_hosts.empty());
  CHECK(settings{}.http.allow_hosts == std::vector<std::string>{"*"});
}

TEST_CASE("An error about a file names the line") {
  const temporary_file file("[executor]\n\nthreads = -1\nqueue_limit = [1]\n");
  const auto failure = refused({.file = file.path(), .environment = {}, .flags = {}});
  CHECK(failure.message ==
        "the configuration has 2 errors:\n- executor.threads (" + file.path().string() +
            ":3): invalid value -1; must be a whole number from 0 to 4096\n"
            "- executor.queue_limit (" +
            file.path().string() +
            ":4): invalid value (a list with an item that is not a string); must be a whole number "
            "from 1 to 10000000");
  REQUIRE(failure.diagnostics.size() == 2);
  CHECK(failure.diagnostics[0].pointer == "/executor/threads");
  CHECK(failure.diagnostics[0].code == "bad_value");
}

TEST_CASE("All errors of all sources are reported together") {
  const temporary_file file("[storage]\njournal_grups = 3\n[metrics]\nport = 1\n");
  const auto failure =
      refused({.file = file.path(),
               .environment = {{"PAWL_STORAGE_DURABILTY", "off"}, {"PAWL_LOG_LEVEL", "loud"}},
               .flags = {{"data_dir", "/x", "--set data_dir"}}});
  REQUIRE(failure.diagnostics.size() == 5);
  CHECK(failure.diagnostics[0].message ==
        "storage.journal_grups (" + file.path().string() +
            ":2): unknown setting; did you mean storage.journal_groups?");
  CHECK(failure.diagnostics[1].message ==
        "metrics (" + file.path().string() +
            ":3): unknown setting; `pawl config` lists all settings");
  CHECK(failure.diagnostics[2].message ==
        "PAWL_STORAGE_DURABILTY: unknown variable; did you mean PAWL_STORAGE_DURABILITY?");
  CHECK(failure.diagnostics[3].pointer == "/log/level");
  CHECK(failure.diagnostics[4].message ==
        "data_dir (--set data_dir): unknown setting; did you mean storage.data_dir?");
}

TEST_CASE("A value that a later source overrides must still be valid") {
  const std::vector<variable> environment{{"PAWL_FLOW_MAX_NODES", "many"}};
  const auto failure = refused(
      {.file = {}, .environment = environment, .flags = {{"flow.max_nodes", "5", "--max-nodes"}}});
  CHECK(failure.diagnostics.size() == 1);
}

TEST_CASE("An error about two conflicting values names both") {
  CHECK(refused({{"PAWL_ENGINE_RESTART_FIRST_DELAY_MS", "1m"}}).message ==
        "engine.restart_max_delay_ms (default): invalid value 30s; must be at least "
        "engine.restart_first_delay_ms, which is 1m (PAWL_ENGINE_RESTART_FIRST_DELAY_MS)");
}

TEST_CASE("Variables that are not settings are ignored") {
  const auto all = load({.file = {},
                         .environment = {{"HOME", "/root"},
                                         {"PAWL_JSONLOGIC_SUITES", "/suites"},
                                         {"PAWL_JSONSCHEMA_SUITES", "/suites"},
                                         {"PAWL_TEST_SEED", "1"},
                                         {"PAWL_SERVICE_HOST", "10.0.0.1"},
                                         {"PAWL_SERVICE_PORT_HTTP", "80"},
                                         {"PAWL_PORT", "tcp://10.0.0.1:80"},
                                         {"PAWL_PORT_80_TCP_ADDR", "10.0.0.1"}},
                         .flags = {}});
  CHECK(all);
}

TEST_CASE("A string that is not UTF-8 or has a zero byte is refused") {
  CHECK(refused({{"PAWL_STORAGE_DATA_DIR", "/data/\xff"}}).diagnostics.size() == 1);
  CHECK(refused({{"PAWL_STORAGE_DATA_DIR", std::string("/data/\0x", 8)}}).diagnostics.size() == 1);
}

TEST_CASE("A file that is missing, a folder or not TOML is an error") {
  const auto missing = load({.file = "/nowhere/pawl.toml", .environment = {}, .flags = {}});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == errc::not_found);
  CHECK(missing.error().message ==
        "cannot read the configuration file /nowhere/pawl.toml: No such file or directory");

  const auto folder = load({.file = "/tmp", .environment = {}, .flags = {}});
  REQUIRE_FALSE(folder);
  CHECK(folder.error().code == errc::io_failed);

  const temporary_file broken("[storage]\ndata_dir = \n");
  const auto failure = refused({.file = broken.path(), .environment = {}, .flags = {}});
  CHECK(failure.message.find(" is not valid TOML: line 2, column ") != std::string::npos);

  const temporary_file huge(std::string(2u << 20, '#'));
  CHECK(refused({.file = huge.path(), .environment = {}, .flags = {}}).message.find("1 MiB") !=
        std::string::npos);
}

TEST_CASE("Settings that a program makes are checked like loaded ones") {
  settings mine = settings::defaults();
  CHECK(mine.check());
  mine.storage.journal_groups = 0;
  mine.engine.stop_timeout_ms = -1ms;
  mine.log.level = static_cast<log_level>(9);
  const auto checked = mine.check();
  REQUIRE_FALSE(checked);
  CHECK(checked.error().diagnostics.size() == 3);
  CHECK(checked.error().diagnostics[0].message ==
        "storage.journal_groups: invalid value 0; must be a whole number from 1 to 1000000000");
}

TEST_CASE("Every default is allowed") {
  CHECK(settings{}.check());
  CHECK(settings{}.executor.thread_count() >= 4);
  CHECK(settings{}.engine.scheduler_thread_count() >= 1);
}

TEST_CASE("from_env and from_file read the environment of the process") {
  REQUIRE(::setenv("PAWL_FLOW_MAX_EDGES", "77", 1) == 0);
  const temporary_file file("flow.max_edges = 5\nflow.max_nodes = 6\n");
  const auto alone = settings::from_env();
  const auto over_file = settings::from_file(file.path());
  REQUIRE(::unsetenv("PAWL_FLOW_MAX_EDGES") == 0);
  REQUIRE(alone);
  CHECK(alone->flow.max_edges == 77);
  CHECK(alone->flow.max_nodes == 1000);
  REQUIRE(over_file);
  CHECK(over_file->flow.max_edges == 77);
  CHECK(over_file->flow.max_nodes == 6);
}

TEST_CASE("A store is in a folder or in a database, and passwords are not shown") {
  const std::string url = "postgres://pawl:hunter2@db.example.com/pawl";
  const auto good = load({.file = {}, .environment = {{"PAWL_STORAGE_URL", url}}, .flags = {}});
  REQUIRE(good);
  CHECK(good->values.storage.url == url);
  CHECK(good->values.storage.is_kept());
  CHECK(to_toml(*good).find("postgres://pawl:***@db.example.com/pawl") != std::string::npos);
  CHECK(to_toml(*good).find("hunter2") == std::string::npos);
  CHECK(to_json(*good).dump().find("hunter2") == std::string::npos);

  const auto both = load({.file = {},
                          .environment = {{"PAWL_STORAGE_URL", url}},
                          .flags = {{"storage.data_dir", "/data", "--data-dir"}}});
  REQUIRE_FALSE(both);
  CHECK(both.error().message ==
        "storage.url (PAWL_STORAGE_URL): there is storage.data_dir, too (--data-dir); a store is "
        "in a folder or in a database. Remove one of them");

  const auto weak = load({.file = {},
                          .environment = {{"PAWL_STORAGE_DURABILITY", "async"},
                                          {"PAWL_CLUSTER_REQUIRE_SYNC_STANDBY", "true"}},
                          .flags = {}});
  REQUIRE_FALSE(weak);
  CHECK(weak.error().message.find("it must be sync") != std::string::npos);

  const auto wrong = load({.file = {},
                           .environment = {{"PAWL_STORAGE_URL", "mysql://pawl:hunter2@host/db"}},
                           .flags = {}});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message.find("hunter2") == std::string::npos);
  CHECK(wrong.error().message.find("must be a URL such as") != std::string::npos);
}
