// An engine whose store compresses and encrypts.

#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto marker = "the-secret-marker";

/// Settings with a key file beside the data folder.
settings with_key_file(const data_folder& folder, const data_folder& beside,
                       const std::string& keys) {
  std::filesystem::create_directories(beside.path);
  settings s = folder.used();
  s.storage.keys = beside.path / "keys";
  std::ofstream{s.storage.keys} << keys;
  REQUIRE(::chmod(s.storage.keys.c_str(), S_IRUSR | S_IWUSR) == 0);
  return s;
}

std::string key_of_digit(char digit) {
  return std::string(64, digit);
}

/// The files of a folder that hold a text.
std::vector<std::string> files_holding(const std::filesystem::path& folder, std::string_view text) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder}) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in{entry.path(), std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    if (bytes.find(text) != std::string::npos) found.push_back(entry.path().filename().string());
  }
  return found;
}

/// Starts runs with the marker in all that users write: a flow, an input, metadata, results, an
/// error, log lines, a signal.
void start_marked_runs(const pawl::scope& scope) {
  const std::string large = marker + std::string(5'000, 'x');
  REQUIRE(scope.put_flow(single("setting", "set", {{"values", {{"a", large}}}})));
  REQUIRE(scope.put_flow(
      task_flow("failing", "core.fail", {{"args", {{"type", "broken"}, {"message", marker}}}})));
  REQUIRE(scope.put_flow(
      task_flow("logging", "core.log", {{"args", {{"message", marker}, {"level", "debug"}}}})));
  REQUIRE(scope.put_flow(single("waiting", "signal", {{"name", "go"}, {"into", "order"}})));
  for (const char* const flow : {"setting", "failing", "logging"}) {
    start_options how;
    how.id = run_id{flow};
    how.metadata = {{"m", marker}};
    REQUIRE(scope.start_and_wait(flow, {{"in", marker}, {"large", large}}, 30s, how));
  }
  start_options how;
  how.id = run_id{"waiting"};
  REQUIRE(scope.start("waiting", {{"in", marker}}, how));
}

}  // namespace

TEST_CASE("no file of an encrypted store shows what users wrote", "[engine][values]") {
  const auto compression = GENERATE(pawl::compression::zstd, pawl::compression::none);
  const data_folder folder, beside;
  settings s = with_key_file(folder, beside,
                             "k " + key_of_digit('1') + "\nacme " + key_of_digit('2') + " acme\n");
  s.storage.compression = compression;
  {
    engine e{s};
    REQUIRE(e.open());
    start_marked_runs(e.scope());
    start_marked_runs(*e.scope("acme"));
    CHECK(files_holding(folder.path, marker).empty());
    REQUIRE(e.stop());
  }
  for (const std::string& text : {std::string{marker}, key_of_digit('1'), key_of_digit('2')})
    CHECK(files_holding(folder.path, text).empty());

  engine e{s};
  REQUIRE(e.open());
  for (const pawl::scope& scope : {e.scope(), *e.scope("acme")}) {
    const auto run = scope.get(run_id{"setting"});
    REQUIRE(run);
    CHECK(run->data["in"] == marker);
    CHECK(scope.runs().history(run_id{"failing"}));
    REQUIRE(scope.signal(run_id{"waiting"}, "go", {{"by", marker}}));
    CHECK(scope.wait(run_id{"waiting"}, 30s));
  }
  REQUIRE(e.stop());
  CHECK(files_holding(folder.path, marker).empty());
}

TEST_CASE("without its key an engine does not open, and no message shows a key",
          "[engine][values]") {
  const data_folder folder, beside;
  const settings s = with_key_file(folder, beside, "k " + key_of_digit('1') + "\n");
  {
    engine e{s};
    REQUIRE(e.open());
    start_marked_runs(e.scope());
  }
  const auto refusal = [](const settings& used) {
    engine e{used};
    const auto opened = e.open();
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == errc::invalid_argument);
    CHECK(opened.error().message.find("1111") == std::string::npos);
    return opened.error().message;
  };
  CHECK(refusal(folder.used()).find("storage.keys is not set") != std::string::npos);
  std::ofstream{s.storage.keys} << "other " + key_of_digit('2') + "\n";
  CHECK(refusal(s).find("key k (id ") != std::string::npos);
  std::ofstream{s.storage.keys} << "k " + key_of_digit('1') + "1\n";
  CHECK(refusal(s).find("64 hexadecimal digits") != std::string::npos);
  std::ofstream{s.storage.keys} << "k " + key_of_digit('1') + "\n";
  REQUIRE(::chmod(s.storage.keys.c_str(), S_IRUSR | S_IWUSR | S_IRGRP) == 0);
  CHECK(refusal(s).find("chmod 600") != std::string::npos);

  REQUIRE(::chmod(s.storage.keys.c_str(), S_IRUSR | S_IWUSR) == 0);
  engine e{s};
  REQUIRE(e.open());
  CHECK(e.get(run_id{"setting"}));
}

TEST_CASE("the runs of a scope whose key is dropped are listed, but not read", "[engine][values]") {
  const data_folder folder, beside;
  const std::string key = "k " + key_of_digit('1') + "\n";
  const settings s = with_key_file(folder, beside, key + "tenant " + key_of_digit('2') + " acme\n");
  {
    engine e{s};
    REQUIRE(e.open());
    start_marked_runs(e.scope());
    start_marked_runs(*e.scope("acme"));
    REQUIRE(e.stop());
  }
  std::ofstream{s.storage.keys} << key << "tenant dropped\n";
  for (int openings = 0; openings < 3; ++openings) {  // nothing is quarantined
    engine e{s};
    REQUIRE(e.open());
    const auto acme = *e.scope("acme");
    const auto listed = acme.runs().list();
    REQUIRE(listed);
    CHECK(listed->runs.size() == 4);
    const auto by_event = acme.runs().list({.order = run_order::updated_last});
    REQUIRE(by_event);
    CHECK(by_event->runs.size() == 4);
    CHECK(by_event->damaged.empty());
    const auto events = acme.events().read(journal_position{0, 0, 0}, 100);
    REQUIRE(events);
    REQUIRE_FALSE(events->events.empty());
    for (const auto& each : events->events) CHECK(each.what.kind == "damaged");
    const auto read = acme.get(run_id{"setting"});
    REQUIRE_FALSE(read);
    CHECK(read.error().code == errc::not_supported);
    CHECK(read.error().message.find("storage.keys does not have") != std::string::npos);
    CHECK(e.get(run_id{"setting"}));
    const auto waiting = acme.signal(run_id{"waiting"}, "go", json::object());
    REQUIRE_FALSE(waiting);
    CHECK(waiting.error().code == errc::not_supported);
    REQUIRE(e.stop());
  }
  engine e{s};
  REQUIRE(e.open());
  const auto runs = e.scope("acme")->runs();
  CHECK(runs.remove(run_id{"setting"}));
  CHECK(runs.list()->runs.size() == 3);
}

TEST_CASE("an engine in memory can encrypt, too", "[engine][values]") {
  const data_folder folder, beside;
  settings s = with_key_file(folder, beside, "k " + key_of_digit('1') + "\n");
  s.storage.data_dir.clear();
  engine e{s};
  REQUIRE(e.open());
  start_marked_runs(e.scope());
  const auto run = e.get(run_id{"setting"});
  REQUIRE(run);
  CHECK(run->data["in"] == marker);
}
