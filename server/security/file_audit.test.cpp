#include "server/security/file_audit.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <pawl/json.hpp>

#include "server/security/test_keys.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::testing::contains;

namespace {

audit_entry entry_of(std::string who) {
  audit_entry made;
  made.who = std::move(who);
  return made;
}

struct noted {
  pawl::testing::keys_folder folder;
  std::filesystem::path file = folder.path / "audit.log";
  std::ostringstream log;

  result<std::unique_ptr<file_audit>> open() {
    auto logger = std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log));
    return file_audit::open(file, std::move(logger),
                            [] { return pawl::testing::key_creation_time; });
  }
  static std::vector<json> lines(const std::filesystem::path& from) {
    std::ifstream in{from};
    std::vector<json> found;
    for (std::string line; std::getline(in, line);) found.push_back(json::parse(line));
    return found;
  }
};

}  // namespace

TEST_CASE("Each command is a JSON line in a file that only its owner can read") {
  noted n;
  const auto audit = n.open();
  REQUIRE(audit);
  (*audit)->record({"ci", "10.0.0.1", "default", "runs.pause", "r1", "ok", 200, "q-1"});
  (*audit)->record({"a\nb", "\xff", "s", "flows.put", "\x1b[2J", "invalid_flow", 422, "q-2"});
  const auto lines = noted::lines(n.file);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == json{{"at", "2023-11-14T22:13:20.000Z"},
                         {"who", "ci"},
                         {"peer", "10.0.0.1"},
                         {"scope", "default"},
                         {"what", "runs.pause"},
                         {"target", "r1"},
                         {"outcome", "ok"},
                         {"status", 200},
                         {"request_id", "q-1"}});
  CHECK(lines[1]["who"] == "a\nb");
  CHECK(lines[1]["target"] == "\x1b[2J");
  struct stat found {};
  REQUIRE(::stat(n.file.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
}

TEST_CASE("Lines go to a new file after rename and reopen") {
  noted n;
  const auto audit = n.open();
  REQUIRE(audit);
  (*audit)->record(entry_of("first"));
  std::filesystem::rename(n.file, n.folder.path / "audit.1");
  (*audit)->record(entry_of("second"));
  REQUIRE((*audit)->reopen());
  (*audit)->record(entry_of("third"));
  CHECK(noted::lines(n.folder.path / "audit.1").size() == 2);
  REQUIRE(noted::lines(n.file).size() == 1);
  CHECK(noted::lines(n.file)[0]["who"] == "third");

  std::filesystem::remove(n.file);
  std::filesystem::create_directory(n.file);
  CHECK_FALSE((*audit)->reopen());
}

TEST_CASE("Lines of several threads are not interleaved") {
  noted n;
  const auto audit = n.open();
  REQUIRE(audit);
  std::vector<std::thread> all;
  for (int t = 0; t < 4; ++t) {
    all.emplace_back([&] {
      for (int i = 0; i < 500; ++i) (*audit)->record(entry_of(std::string(300, 'x')));
    });
  }
  for (auto& each : all) each.join();
  CHECK(noted::lines(n.file).size() == 2000);
  CHECK((*audit)->lost() == 0);
}

TEST_CASE("A full disk is counted and logged once, and commands still succeed") {
  noted n;
  std::filesystem::create_symlink("/dev/full", n.file);
  const auto audit = n.open();
  REQUIRE(audit);
  (*audit)->record(entry_of("first"));
  (*audit)->record(entry_of("second"));
  CHECK((*audit)->lost() == 2);
  CHECK(contains(n.log.str(), "No space left"));
  CHECK(contains(n.log.str(), n.file.string()));
  CHECK(n.log.str().find("No space") == n.log.str().rfind("No space"));
  std::filesystem::remove(n.file);
  REQUIRE((*audit)->reopen());
  (*audit)->record(entry_of("third"));
  CHECK(contains(n.log.str(), "2 lines were lost"));
  CHECK(noted::lines(n.file).size() == 1);
}

TEST_CASE("An audit log that cannot be opened is reported by name") {
  noted n;
  n.file = n.folder.path / "missing" / "audit.log";
  const auto audit = n.open();
  REQUIRE_FALSE(audit);
  CHECK(contains(audit.error().message, n.file.string()));
  CHECK(contains(audit.error().message, "server.audit_file"));
}
