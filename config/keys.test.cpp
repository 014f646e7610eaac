#include "config/keys.hpp"

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "config/render.hpp"
#include "config/values.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace pawl;
using namespace pawl::config;

namespace {

std::string document() {
  std::ifstream in(pawl::testing::source_dir() / "docs" / "configuration.md");
  REQUIRE(in);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// The line of a setting in docs/configuration.md.
std::string row_of(const key& k) {
  const std::string standard = to_toml(k, settings{});
  std::string row = "| `";
  row.append(k.name).append("` | `").append(variable_of(k.name)).append("` | ");
  row.append(allowed(k)).append(" | `").append(standard).append("` | ").append(k.doc);
  return row + " |";
}

}  // namespace

TEST_CASE("Every setting has a row in docs/configuration.md") {
  const std::string text = document();
  for (const key& k : keys()) {
    INFO("expected line: " << row_of(k));
    CHECK(text.find(row_of(k) + "\n") != std::string::npos);
  }
}

TEST_CASE("docs/configuration.md has rows only for settings, in their order") {
  std::istringstream lines(document());
  std::vector<std::string> documented;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| `")) documented.push_back(line.substr(3, line.find('`', 3) - 3));
  }
  std::vector<std::string> known;
  for (const key& k : keys()) known.emplace_back(k.name);
  CHECK(documented == known);
}

TEST_CASE("Names and variables of settings are unique, and groups are contiguous") {
  std::set<std::string> variables;
  std::set<std::string_view> groups;
  std::string_view last_group;
  for (const key& k : keys()) {
    CAPTURE(k.name);
    CHECK(variables.insert(variable_of(k.name)).second);
    const std::string_view group = k.name.substr(0, k.name.find('.'));
    if (group != last_group) CHECK(groups.insert(group).second);
    last_group = group;
    CHECK(find_key(k.name) == &k);
  }
  CHECK(variable_of("storage.data_dir") == "PAWL_STORAGE_DATA_DIR");
}

TEST_CASE("Every setting has its own member") {
  settings whole;
  std::set<const void*> places;
  for (const key& k : keys()) {
    CAPTURE(k.name);
    CHECK(std::visit([&](auto* p) { return places.insert(p).second; }, k.in(whole)));
  }
}

TEST_CASE("For an unknown name a similar setting is suggested") {
  CHECK(suggest_key("storage.durabilty") == "storage.durability");
  CHECK(suggest_key("data_dir") == "storage.data_dir");
  CHECK(suggest_key("exec.threads") == "executor.threads");
  CHECK_FALSE(suggest_key("metrics.port"));
}

TEST_CASE("Each value can be parsed from its text") {
  settings whole;
  whole.storage.data_dir = "/data/with \"quotes\"\n and ünicode\x7f";
  whole.exec.allow = {"tar", "/opt/a b/tool"};
  for (const key& k : keys()) {
    CAPTURE(k.name);
    settings again;
    const auto wrong = assign(k, again, to_text(k, whole));
    CAPTURE(wrong.value_or(""));
    CHECK_FALSE(wrong);
    CHECK(to_text(k, again) == to_text(k, whole));
  }
}

TEST_CASE("The effective settings as TOML load to the same settings") {
  const auto shown = load({.file = {},
                           .environment = {{"PAWL_STORAGE_DATA_DIR", "/data/\"odd\"\n\x7f name"},
                                           {"PAWL_EXEC_ALLOW", "tar, /opt/a b/tool"},
                                           {"PAWL_RUN_MAX_STATE_BYTES", "1000001"}},
                           .flags = {{"storage.durability", "async", "--durability"}}});
  REQUIRE(shown);
  const std::string text = to_toml(*shown);
  CHECK(text.find("durability = \"async\"") != std::string::npos);
  CHECK(text.find("# --durability\n") != std::string::npos);
  CHECK(text.find("# PAWL_EXEC_ALLOW\n") != std::string::npos);

  const std::string file = "effective-settings-test.toml";
  std::ofstream(file) << text;
  const auto again = load({.file = file, .environment = {}, .flags = {}});
  std::remove(file.c_str());
  if (!again) FAIL(again.error().message);
  for (const key& k : keys()) {
    CAPTURE(k.name);
    CHECK(to_toml(k, again->values) == to_toml(k, shown->values));
  }
}

TEST_CASE("The effective settings as JSON have plain numbers and their sources") {
  const auto shown =
      load({.file = {}, .environment = {{"PAWL_ENGINE_STOP_TIMEOUT_MS", "30s"}}, .flags = {}});
  REQUIRE(shown);
  const json all = to_json(*shown);
  CHECK(all.size() == keys().size());
  CHECK(all["engine.stop_timeout_ms"] == json{{"value", 30'000},
                                              {"source", "environment"},
                                              {"place", "PAWL_ENGINE_STOP_TIMEOUT_MS"}});
  CHECK(all["storage.durability"] == json{{"value", "sync"}, {"source", "default"}, {"place", ""}});
  CHECK(all["exec.allow"]["value"] == json::array());
}
