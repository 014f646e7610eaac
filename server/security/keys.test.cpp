#include "server/security/keys.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "server/security/test_keys.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/text.hpp"

using namespace pawl;
using namespace pawl::server;
using pawl::testing::contains;

TEST_CASE("A key is long, random and stored without its secret") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const new_key made = pawl::testing::made_key("ci");
    CHECK(made.text.starts_with("pawl_" + made.stored.id + "_"));
    CHECK(made.text.size() == 5 + 12 + 1 + 48);
    CHECK(seen.insert(made.text).second);
    CHECK(is_key(made.stored, made.text));
    CHECK(id_in_key(made.text) == made.stored.id);
    CHECK_FALSE(contains(to_json(made.stored).dump(), made.text.substr(18)));
  }
}

TEST_CASE("A key's hash is the SHA-256 of its text") {
  CHECK(hash_of_key("abc") ==
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("A text that differs from a key in one character is not the key") {
  const new_key made = pawl::testing::made_key("ci");
  for (std::size_t at = 0; at < made.text.size(); ++at) {
    std::string wrong = made.text;
    wrong[at] = wrong[at] == 'a' ? 'b' : 'a';
    CHECK_FALSE(is_key(made.stored, wrong));
  }
  CHECK_FALSE(is_key(made.stored, ""));
  CHECK_FALSE(is_key(made.stored, made.text + "0"));
}

TEST_CASE("A text that does not have the form of a key has no id") {
  const std::string good = pawl::testing::made_key("ci").text;
  for (const std::string& text :
       {std::string{}, std::string{"pawl_"}, good.substr(1), good + "0", good.substr(0, 65),
        "PAWL" + good.substr(4), good.substr(0, 17) + "." + good.substr(18),
        good.substr(0, 65) + "G", std::string(66, '\0')}) {
    CAPTURE(text);
    CHECK(id_in_key(text).empty());
  }
}

TEST_CASE("A key needs a printable name and a scope") {
  for (const char* const name : {"", "two words", "a\nb", "\x1b[2J", "ü"}) {
    CAPTURE(name);
    const auto made = make_key({name, role::reader, {"default"}});
    REQUIRE_FALSE(made);
    CHECK(made.error().code == errc::invalid_argument);
    CHECK_FALSE(contains(made.error().message, "\n"));
  }
  CHECK_FALSE(make_key({"ci", role::reader, {}}));
  CHECK_FALSE(make_key({"ci", role::reader, {"default", "a b"}}));
  CHECK(make_key({"ci", role::reader, {"*"}}));
}

TEST_CASE("Roles round-trip through text") {
  for (const role r : {role::reader, role::operator_role, role::author, role::admin})
    CHECK(parse_role(to_string(r)) == r);
  CHECK_FALSE(parse_role("operator_role"));
  CHECK_FALSE(parse_role(""));
}

TEST_CASE("Keys round-trip through their file") {
  const pawl::testing::keys_folder folder;
  CHECK(read_keys(folder.file)->empty());
  const new_key first = folder.add("first", role::admin, {"*"});
  const new_key second = folder.add("second", role::reader, {"a", "b"}, std::chrono::hours{24});
  const auto keys = read_keys(folder.file);
  REQUIRE(keys);
  REQUIRE(keys->size() == 2);
  CHECK(to_json(keys->front()) == to_json(first.stored));
  CHECK(to_json(keys->back()) == to_json(second.stored));
  CHECK(is_key(keys->back(), second.text));
  CHECK(keys->back().has_expired(second.stored.created_at + std::chrono::hours{24}));
  CHECK_FALSE(keys->back().has_expired(second.stored.created_at + std::chrono::hours{23}));

  struct stat found {};
  REQUIRE(::stat(folder.file.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
}

TEST_CASE("A rejected change leaves the keys unchanged") {
  const pawl::testing::keys_folder folder;
  const new_key first = folder.add("first");
  const auto refused = change_keys(folder.file, [](std::vector<stored_key>& keys) -> result<void> {
    keys.clear();
    return error{errc::not_found, "no such key"};
  });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "no such key");
  CHECK(read_keys(folder.file)->size() == 1);
}

TEST_CASE("A key file that other users can access is refused by name") {
  const pawl::testing::keys_folder folder;
  folder.add("first");
  for (const mode_t mode : {0644u, 0640u, 0602u, 0610u}) {
    REQUIRE(::chmod(folder.file.c_str(), mode) == 0);
    const auto keys = read_keys(folder.file);
    REQUIRE_FALSE(keys);
    CHECK(keys.error().code == errc::invalid_argument);
    CHECK(contains(keys.error().message, folder.file.string()));
    CHECK(contains(keys.error().message, "chmod 600"));
  }
}

TEST_CASE("A damaged key file is refused by name and never overwritten") {
  const pawl::testing::keys_folder folder;
  const new_key made = folder.add("first");
  std::ifstream in{folder.file};
  const std::string good{std::istreambuf_iterator<char>{in}, {}};
  const auto with = [&](const char* key, json value) {
    json whole = json::parse(good);
    whole["keys"][0][key] = std::move(value);
    return whole.dump();
  };
  std::string twice = good;
  json doubled = json::parse(good);
  doubled["keys"].push_back(doubled["keys"][0]);
  for (const std::string& content :
       {std::string{}, std::string{"nonsense"}, std::string{"[]"}, std::string{"{}"},
        std::string{R"({"version":2,"keys":[]})"}, std::string{R"({"version":1,"keys":{}})"},
        std::string{R"({"version":1,"keys":[1]})"}, good.substr(0, good.size() / 2),
        with("role", "root"), with("hash", "sha256:"), with("scopes", "default"),
        with("scopes", json::array({1})), with("expires_at", "soon"), with("expires_at", 7),
        with("created_at", nullptr), with("id", ""), with("name", "a b"), doubled.dump()}) {
    CAPTURE(content);
    std::ofstream{folder.file} << content;
    const auto keys = read_keys(folder.file);
    REQUIRE_FALSE(keys);
    CHECK(keys.error().code == errc::corrupt);
    CHECK(contains(keys.error().message, folder.file.string()));
    CHECK_FALSE(change_keys(folder.file, [](auto&) { return result<void>{}; }));
    std::ifstream again{folder.file};
    CHECK(std::string{std::istreambuf_iterator<char>{again}, {}} == content);
  }
}

TEST_CASE("A key file must be a regular file") {
  const pawl::testing::keys_folder folder;
  REQUIRE(::mkfifo(folder.file.c_str(), 0600) == 0);
  CHECK_FALSE(read_keys(folder.file));
  std::filesystem::remove(folder.file);
  std::filesystem::create_directory(folder.file);
  CHECK_FALSE(read_keys(folder.file));
}

TEST_CASE("A key file behind a symbolic link is updated in place") {
  const pawl::testing::keys_folder folder;
  folder.add("first");
  const auto link = folder.path / "link.json";
  std::filesystem::create_symlink(folder.file, link);
  REQUIRE(change_keys(link, [](std::vector<stored_key>& keys) {
    keys.clear();
    return result<void>{};
  }));
  CHECK(std::filesystem::is_symlink(link));
  CHECK(read_keys(folder.file)->empty());
}

TEST_CASE("Concurrent changes are all applied") {
  const pawl::testing::keys_folder folder;
  std::vector<std::thread> all;
  for (int i = 0; i < 8; ++i)
    all.emplace_back([&folder, i] { folder.add("key" + std::to_string(i)); });
  for (auto& each : all) each.join();
  CHECK(read_keys(folder.file)->size() == 8);
}
