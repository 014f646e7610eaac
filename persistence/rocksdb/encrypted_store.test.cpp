#include <fstream>
#include <initializer_list>
#include <iterator>

#include <pawl/detail/placement.hpp>

#include "persistence/codec/samples.hpp"
#include "persistence/keys.hpp"
#include "persistence/memory/memory_store.hpp"
#include "persistence/rocksdb/backups.hpp"
#include "persistence/rocksdb/store_check.hpp"
#include "persistence/rocksdb/store_info.hpp"
#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/run_removal.hpp"
#include "persistence/store_upkeep.hpp"
#include "persistence/values/test_codec.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::conformance;
using namespace pawl::persistence::rocks;
using pawl::persistence::values::codec_with;
using pawl::persistence::values::key_line;

namespace {

rocksdb_options with_keys(const std::string& key_file) {
  rocksdb_options options;
  options.codec = codec_with(key_file);
  return options;
}

/// The files in a folder and below it that hold a text.
std::vector<fs::path> files_with(const fs::path& folder, std::string_view text) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator{folder}) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in{entry.path(), std::ios::binary};
    const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
    if (bytes.find(text) != std::string::npos) found.push_back(entry.path());
  }
  return found;
}

/// Puts a value in each column that is encrypted; in that of the checkpoints for two scopes.
void put_everywhere(store& to, const std::string& value) {
  batch changes;
  for (const column where : {column::flows, column::runs, column::indexes})
    changes.put(where, "key", value);
  for (const char* const scope : {"acme", "other"})
    changes.put_of(scope_name{scope}, column::checkpoints, scope, value);
  commit(to, {changes});
}

}  // namespace

TEST_CASE("no file of an encrypted store holds a value", "[rocksdb][values]") {
  const test_folder folder;
  const std::string value = "the marker" + std::string(3'000, 'm');
  {
    const auto plain = open_good(folder.root() / "plain");
    put_everywhere(*plain, value);
  }
  CHECK_FALSE(files_with(folder.root() / "plain", "the marker").empty());

  const auto options = with_keys(key_line("k", '1'));
  const auto opened = open_good(folder.store(), options);
  put_everywhere(*opened, value);
  CHECK(files_with(folder.store(), "the marker").empty());  // the log
  REQUIRE(opened->close());
  CHECK(files_with(folder.store(), "the marker").empty());  // the tables
  CHECK(files_with(folder.store(), std::string(64, '1')).empty());
}

TEST_CASE("a store does not open without its keys, and is not changed", "[rocksdb][values]") {
  const test_folder folder;
  put_everywhere(*open_good(folder.store(), with_keys(key_line("k", '1'))), "value");

  const error none = open_bad(folder.store());
  CHECK(none.code == errc::invalid_argument);
  CHECK(mentions(none, "key k (id "));
  CHECK(mentions(none, "storage.keys is not set"));
  const error other = open_bad(folder.store(), with_keys(key_line("k", '2')));
  CHECK(mentions(other, "storage.keys (keys.txt) does not have"));
  const auto checked = check_rocksdb_store(folder.store());
  REQUIRE_FALSE(checked);
  CHECK(mentions(checked.error(), "storage.keys is not set"));

  const auto opened = open_good(folder.store(), with_keys(key_line("n", '2') + key_line("k", '1')));
  CHECK(get(*opened->durable_view(), column::runs, "key") == "value");
}

TEST_CASE("a new first key writes, and the earlier ones read", "[rocksdb][values]") {
  const test_folder folder;
  put_everywhere(*open_good(folder.store(), with_keys(key_line("old", '1'))), "value");
  const std::string both = key_line("new", '2') + key_line("old", '1');
  {
    const auto opened = open_good(folder.store(), with_keys(both));
    commit(*opened, {putting(column::runs, {{"later", "value"}})});
    CHECK(scan(*opened->durable_view(), column::runs) ==
          records{{"key", "value"}, {"later", "value"}});
  }
  const auto contents = count_rocksdb_contents(folder.store());
  REQUIRE(contents);
  REQUIRE(contents->keys.size() == 2);
  CHECK((contents->keys[0].name == "old" && contents->keys[0].records == 5));
  CHECK((contents->keys[1].name == "new" && contents->keys[1].records == 1));
  CHECK(contents->encrypted == 6);
}

TEST_CASE("without its dropped key the data of a scope is gone, and nothing else",
          "[rocksdb][values]") {
  const test_folder folder;
  const std::string key = key_line("k", '1');
  const auto acme = samples::input_v2();  // its run is in the scope of the sample
  const std::string scope = acme.key.scope.str(), hash = pawl::detail::run_hash(acme.key);
  {
    const auto opened = open_good(folder.store(), with_keys(key + key_line("tenant", '2', scope)));
    batch changes;
    changes.put_of(acme.key.scope, column::checkpoints, keys::input(hash), encode_input(acme));
    changes.put_of(acme.key.scope, column::checkpoints, keys::checkpoint(hash, 1),
                   encode_delta(samples::delta_v2()));
    changes.put(column::runs, keys::run(acme.key), encode_run(samples::record_v2()));
    changes.put_of(scope_name{"other"}, column::checkpoints, "other", "value");
    commit(*opened, {changes});
  }
  open_bad(folder.store(), with_keys(key));

  const auto opened = open_good(folder.store(), with_keys(key + "tenant dropped\n"));
  const auto now = opened->durable_view();
  CHECK(get(*now, column::checkpoints, "other") == "value");
  CHECK(decode_run(*get(*now, column::runs, keys::run(acme.key))));
  const auto input = decode_input(*get(*now, column::checkpoints, keys::input(hash)));
  REQUIRE_FALSE(input);
  CHECK(input.error().code == errc::not_supported);
  CHECK(mentions(input.error(), "storage.keys does not have"));
  // A run that cannot be read can be deleted.
  const auto children = load_children(*now, acme.key);
  REQUIRE(children);
  CHECK(children->empty());
}

TEST_CASE("a backup of an encrypted store is restored without its keys, and opens with them",
          "[rocksdb][values]") {
  const test_folder folder;
  const auto options = with_keys(key_line("k", '1'));
  const fs::path backups = folder.root() / "backups", restored = folder.root() / "restored";
  {
    const auto opened = open_good(folder.store(), options);
    put_everywhere(*opened, "the marker");
    REQUIRE(opened->upkeep()->back_up(backups));
  }
  CHECK(files_with(backups, "the marker").empty());
  CHECK(files_with(backups, std::string(64, '1')).empty());
  REQUIRE(restore_backup(backups, std::nullopt, restored));
  open_bad(restored);
  CHECK(get(*open_good(restored, options)->durable_view(), column::runs, "key") == "the marker");
}

TEST_CASE("values that cannot be opened do not end a scan, and are replaced as others",
          "[rocksdb][values]") {
  const test_folder folder;
  commit(*open_good(folder.store(), with_keys(key_line("k", '1'))),
         {putting(column::runs, {{"a", "1"}, {"b", "2"}, {"c", "3"}})});
  const auto opened = open_good(folder.store(), with_keys(key_line("n", '2') + "k dropped\n"));
  const auto found = scan(*opened->durable_view(), column::runs);
  CHECK(found.size() == 3);
  commit(*opened, {putting(column::runs, {{"b", "new"}})});
  CHECK(get(*opened->durable_view(), column::runs, "b") == "new");
}

TEST_CASE("a scan can have the values as they are stored", "[rocksdb][values]") {
  const test_folder folder;
  const auto opened = open_good(folder.root() / "coded", with_keys(key_line("k", '1')));
  memory_store in_memory{codec_with(key_line("k", '1'))};
  const std::string value(3'000, 'm');
  for (store* const each : std::initializer_list<store*>{opened.get(), &in_memory}) {
    put_everywhere(*each, value);
    for (const bool stored : {false, true}) {
      view::range all;
      all.stored = stored;
      std::string found;
      REQUIRE(each->durable_view()->scan(column::runs, all, [&](std::string_view, auto bytes) {
        found = bytes;
        return view::next::more;
      }));
      CHECK_FALSE(found.empty());
      CHECK((found == value) == !stored);
    }
  }
}
