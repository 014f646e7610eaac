#include "persistence/rocksdb/backups.hpp"

#include "persistence/rocksdb/backup_folder.hpp"
#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/store_upkeep.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::rocks;
using conformance::commit;
using conformance::contents;
using conformance::putting;

namespace {

void add_records(store& to, const std::string& prefix) {
  conformance::records all;
  for (int i = 0; i < 200; ++i)
    all.emplace_back(prefix + std::to_string(i), std::string(100, static_cast<char>('a' + i % 26)));
  commit(to, {putting(column::runs, all), putting(column::checkpoints, all)});
}

backup_info back_up_good(store& of, const fs::path& folder) {
  const auto made = of.upkeep()->back_up(folder);
  if (!made) FAIL(made.error().message);
  return *made;
}

/// All files below a folder.
std::vector<fs::path> all_files(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator{folder})
    if (entry.is_regular_file() && entry.file_size() > 0) found.push_back(entry.path());
  return found;
}

}  // namespace

TEST_CASE("each backup is restored as the store was when it was made", "[backups]") {
  const test_folder folder;
  const fs::path backups = folder.root() / "backups";
  std::vector<std::vector<conformance::records>> wanted;
  {
    const auto store = open_good(folder.store());
    for (const char* const prefix : {"a", "b", "c"}) {
      add_records(*store, prefix);
      wanted.push_back(contents(*store->durable_view()));
      CHECK(back_up_good(*store, backups).id == wanted.size());
      REQUIRE(store->upkeep()->compact());
    }
  }
  const auto listed = list_backups(backups);
  REQUIRE(listed);
  REQUIRE(listed->size() == wanted.size());
  for (std::uint32_t id = 1; id <= wanted.size(); ++id) {
    CHECK((*listed)[id - 1].id == id);
    const auto verified = verify_backup(backups, id);
    REQUIRE(verified);
    CHECK(*verified == *(*listed)[id - 1].info);
    const fs::path target = folder.root() / ("restored" + std::to_string(id));
    const auto restored = restore_backup(backups, id, target);
    if (!restored) FAIL(restored.error().message);
    CHECK(contents(*open_good(target)->durable_view()) == wanted[id - 1]);
  }
  CHECK(verify_backup(backups, std::nullopt)->id == 3);
  CHECK(verify_backup(backups, 4).error().code == errc::not_found);

  // The newest stay, and can still be restored.
  const auto pruned = prune_backups(backups, 1);
  REQUIRE(pruned);
  CHECK(*pruned == 2);
  CHECK(list_backups(backups)->size() == 1);
  CHECK(verify_backup(backups, 3));
  CHECK(verify_backup(backups, 1).error().code == errc::not_found);
}

TEST_CASE("a backup that is damaged in one byte is found and not restored", "[backups]") {
  const test_folder folder;
  const fs::path backups = folder.root() / "backups";
  {
    const auto store = open_good(folder.store());
    add_records(*store, "a");
    REQUIRE(store->upkeep()->compact());
    add_records(*store, "b");
    back_up_good(*store, backups);
  }
  std::size_t files = 0;
  for (const auto& file : all_files(backups)) {
    CAPTURE(file);
    ++files;
    for (const std::uint64_t at :
         {std::uint64_t{0}, fs::file_size(file) / 2, fs::file_size(file) - 1}) {
      CAPTURE(at);
      flip_byte(file, at);
      CHECK_FALSE(verify_backup(backups, 1));
      const fs::path target = folder.root() / "restored";
      CHECK_FALSE(restore_backup(backups, 1, target));
      fs::remove_all(target);
      flip_byte(file, at);
    }
  }
  CHECK(files > 4);
  CHECK(verify_backup(backups, 1));
}

TEST_CASE("a backup with a missing file is found", "[backups]") {
  const test_folder folder;
  const fs::path backups = folder.root() / "backups";
  {
    const auto store = open_good(folder.store());
    add_records(*store, "a");
    back_up_good(*store, backups);
  }
  for (const auto& file : all_files(backups)) {
    CAPTURE(file);
    const fs::path hidden = folder.root() / "hidden";
    fs::rename(file, hidden);
    CHECK_FALSE(verify_backup(backups, 1));
    fs::rename(hidden, file);
  }
  CHECK(verify_backup(backups, 1));
}

TEST_CASE("a backup is restored only to an empty folder", "[backups]") {
  const test_folder folder;
  const fs::path backups = folder.root() / "backups", target = folder.root() / "target";
  {
    const auto store = open_good(folder.store());
    back_up_good(*store, backups);
  }
  SECTION("not to one with other files") {
    fs::create_directory(target);
    std::ofstream{target / "notes"} << "mine";
    const auto refused = restore_backup(backups, {}, target);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK(fs::exists(target / "notes"));
  }
  SECTION("not to one with hidden files") {
    fs::create_directories(target / ".git");
    const auto refused = restore_backup(backups, {}, target);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK(mentions(refused.error(), ".git"));
    CHECK_FALSE(fs::exists(target / "PAWL"));
  }
  SECTION("not over a store") {
    const auto refused = restore_backup(backups, {}, folder.store());
    REQUIRE_FALSE(refused);
    CHECK(mentions(refused.error(), "the folder has a store"));
    CHECK(open_good(folder.store()));
  }
  SECTION("an interrupted restore can be repeated") {
    fs::create_directories(target / ".pawl-restoring");
    std::ofstream{target / ".pawl-restoring" / "CURRENT"} << "half";
    REQUIRE(restore_backup(backups, {}, target));
    CHECK(open_good(target));
  }
}

TEST_CASE("backups go only to a folder for backups outside of the store", "[backups]") {
  const test_folder folder;
  const auto store = open_good(folder.store());
  const auto refused = [&](const fs::path& to) {
    const auto made = store->upkeep()->back_up(to);
    REQUIRE_FALSE(made);
    return made.error();
  };
  CHECK(mentions(refused(folder.store() / "backups"), "within the data folder"));
  CHECK(mentions(refused(folder.store()), "within the data folder"));
  CHECK(refused("").code == errc::invalid_argument);
  const fs::path mine = folder.root() / "mine";
  fs::create_directory(mine);
  std::ofstream{mine / "notes"} << "mine";
  CHECK(mentions(refused(mine), "other files (notes)"));
  CHECK(list_backups(mine).error().code == errc::not_found);
  CHECK(list_backups(folder.root() / "none").error().code == errc::not_found);
}

TEST_CASE("a backup without a description is reported, and removed by the next one", "[backups]") {
  const test_folder folder;
  const fs::path backups = folder.root() / "backups";
  const auto store = open_good(folder.store());
  add_records(*store, "a");
  back_up_good(*store, backups);
  fs::remove(description_file(backups, 1));  // as if the process had died before it was written
  const auto listed = list_backups(backups);
  REQUIRE(listed);
  REQUIRE(listed->size() == 1);
  CHECK(listed->front().info.error().code == errc::corrupt);
  CHECK(verify_backup(backups, std::nullopt).error().code == errc::corrupt);
  CHECK(mentions(verify_backup(backups, 1).error(), "is missing"));
  const auto next = back_up_good(*store, backups);
  CHECK(*verify_backup(backups, std::nullopt) == next);
  CHECK_FALSE(fs::exists(meta_file(backups, next.id == 1 ? 2 : 1)));
}

TEST_CASE("no older backup is taken silently in place of the newest", "[backups]") {
  const test_folder folder;
  const fs::path backups = folder.root() / "backups";
  const auto store = open_good(folder.store());
  back_up_good(*store, backups);
  add_records(*store, "a");
  back_up_good(*store, backups);
  fs::remove(description_file(backups, 2));
  const auto refused = restore_backup(backups, {}, folder.root() / "restored");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::corrupt);
  CHECK(mentions(refused.error(), "backup 2"));
  CHECK(mentions(refused.error(), "--id 1 takes an older one"));
  CHECK_FALSE(fs::exists(folder.root() / "restored"));
  CHECK(list_backups(backups)->size() == 2);
  REQUIRE(restore_backup(backups, 1, folder.root() / "restored"));
}

TEST_CASE("nothing begins once the upkeep is cancelled", "[backups]") {
  const test_folder folder;
  const auto store = open_good(folder.store());
  store->upkeep()->cancel();
  CHECK(store->upkeep()->back_up(folder.root() / "backups").error().code == errc::unavailable);
  CHECK(store->upkeep()->compact().error().code == errc::unavailable);
  CHECK(list_backups(folder.root() / "backups")->empty());
}
