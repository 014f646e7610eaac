// Files that were sent to runs go with them.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <spdlog/spdlog.h>

#include "persistence/memory/memory_store.hpp"
#include "runtime/run_uploads.hpp"
#include "tests/engine/fixture.hpp"

using namespace pawl;
using namespace pawl::testing;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

run_key of_run(const std::string& id) {
  return {default_scope(), run_id{id}};
}

/// Gives a run a file, as a form does before the run is stored.
fs::path upload_to(const settings& used, const std::string& id) {
  const fs::path folder = uploads_of(upload_root(used), of_run(id));
  fs::create_directories(folder);
  std::ofstream{folder / "prices.csv"} << "a,b";
  return folder / "prices.csv";
}

/// Makes a file, or a folder, so old that no start can be under way.
void make_old(const fs::path& what) {
  fs::last_write_time(what, fs::file_time_type::clock::now() - 2h);
}

start_options with_id_of(const std::string& id) {
  start_options how;
  how.id = run_id{id};
  return how;
}

void put_quick_flow(const engine& e) {
  REQUIRE(e.put_flow(single("f", "set", {{"values", {{"a", 1}}}})));
}

template <class Condition>
void until_true(Condition holds) {
  for (int looks = 0; looks < 1'500; ++looks) {
    if (holds()) return;
    std::this_thread::sleep_for(20ms);
  }
  FAIL("the condition did not come true");
}

}  // namespace

TEST_CASE("the files of a run are deleted with it, and no others", "[engine][uploads]") {
  const data_folder folder;
  engine e{folder.used()};
  REQUIRE(e.open());
  put_quick_flow(e);
  const auto first = upload_to(folder.used(), "first");
  const auto second = upload_to(folder.used(), "second/../first");
  for (const char* id : {"first", "second/../first", "third"})
    REQUIRE(e.start_and_wait("f", {}, 30s, with_id_of(id)));
  REQUIRE(e.runs().remove(run_id{"third"}));  // has none
  REQUIRE(e.runs().remove(run_id{"first"}));
  CHECK_FALSE(fs::exists(first.parent_path()));
  CHECK(fs::exists(second));
  REQUIRE(e.runs().remove(run_id{"second/../first"}));
  CHECK_FALSE(fs::exists(second));
}

TEST_CASE("files stay as long as a run that was restarted or forked from theirs",
          "[engine][uploads]") {
  const data_folder folder;
  engine e{folder.used()};
  REQUIRE(e.open());
  put_quick_flow(e);
  const auto file = upload_to(folder.used(), "first");
  REQUIRE(e.start_and_wait("f", {}, 30s, with_id_of("first")));
  REQUIRE(e.runs().restart(run_id{"first"}, with_id_of("again")));
  REQUIRE(e.runs().wait(run_id{"again"}, 30s));
  REQUIRE(e.runs().restart(run_id{"again"}, with_id_of("third")));  // of the same files
  REQUIRE(e.runs().wait(run_id{"third"}, 30s));
  for (const char* id : {"first", "again"}) {
    REQUIRE(e.runs().remove(run_id{id}));
    CHECK(fs::exists(file));
  }
  REQUIRE(e.runs().remove(run_id{"third"}));
  CHECK_FALSE(fs::exists(file));
  CHECK(fs::is_empty(file.parent_path().parent_path()));
}

TEST_CASE("files without a run are deleted at the next start, but not new ones",
          "[engine][uploads]") {
  const data_folder folder;
  const settings used = folder.used();
  {
    engine e{used};
    REQUIRE(e.open());
    put_quick_flow(e);
    REQUIRE(e.start_and_wait("f", {}, 30s, with_id_of("kept")));
    REQUIRE(e.start_and_wait("f", {}, 30s, with_id_of("restarted")));
    REQUIRE(e.stop());
  }
  // The process died between the deletion of a run and that of its files, or before the start.
  const auto lost = upload_to(used, "lost"), fresh = upload_to(used, "fresh"),
             kept = upload_to(used, "kept"), needed = upload_to(used, "deleted"),
             unused = upload_to(used, "deleted too");
  run_uploads made{{upload_root(used)}, nullptr};
  made.share(of_run("deleted"), of_run("restarted"));
  made.share(of_run("deleted too"), of_run("never started"));
  for (const auto& each : {needed, unused})
    for (const auto& entry : fs::directory_iterator{each.parent_path()}) make_old(entry.path());
  for (const auto& each : {lost, kept, needed, unused}) make_old(each.parent_path());
  std::ofstream{upload_root(used) / "default" / "older.csv"} << "of an earlier version";
  engine e{used};
  REQUIRE(e.open());
  until_true([&] { return !fs::exists(lost) && !fs::exists(unused); });
  for (const auto& each : {fresh, kept, needed, upload_root(used) / "default" / "older.csv"})
    CHECK(fs::exists(each));
  // The last run that has them takes them along.
  REQUIRE(e.runs().remove(run_id{"restarted"}));
  CHECK_FALSE(fs::exists(needed));
}

TEST_CASE("a run that was restarted from a subflow keeps the files of the runs above it",
          "[engine][uploads]") {
  const data_folder folder;
  engine e{folder.used()};
  REQUIRE(e.open());
  put_quick_flow(e);
  const auto calls = [&e](const std::string& name, const std::string& child) {
    REQUIRE(e.put_flow(single(name, "subflow", {{"flow", child}})));
  };
  calls("middle", "f");
  calls("top", "middle");
  const auto file = upload_to(folder.used(), "top");
  REQUIRE(e.start_and_wait("top", {}, 30s, with_id_of("top")));
  run_filter of_f;
  of_f.flow = flow_name{"f"};
  const auto lowest = e.runs().list(of_f);
  REQUIRE(lowest);
  REQUIRE(lowest->runs.size() == 1);
  REQUIRE(e.runs().restart(lowest->runs[0].key.id, with_id_of("again")));
  REQUIRE(e.runs().wait(run_id{"again"}, 30s));
  REQUIRE(e.runs().remove(run_id{"top"}));
  CHECK(fs::exists(file));
  REQUIRE(e.runs().remove(run_id{"again"}));
  CHECK_FALSE(fs::exists(file));
}

TEST_CASE("a folder that the settings name is swept, but only where this store has its files",
          "[engine][uploads]") {
  const data_folder folder, other, elsewhere;
  settings used = folder.used(), of_other = other.used();
  for (settings* const each : {&used, &of_other}) {
    each->server.upload_dir = elsewhere.path;
    engine e{*each};  // makes its data folder
    REQUIRE(e.open());
    put_quick_flow(e);
    for (const char* id : {"r", "removed"}) {
      upload_to(*each, id);
      REQUIRE(e.start_and_wait("f", {}, 30s, with_id_of(id)));
    }
    REQUIRE(e.stop());
  }
  CHECK(upload_root(used) != upload_root(of_other));
  CHECK(upload_root(used).parent_path() == elsewhere.path);
  const auto lost = upload_to(used, "lost"), of_others = upload_to(of_other, "lost");
  const fs::path before = elsewhere.path / "default" / lost.parent_path().filename();
  fs::create_directories(before);  // as earlier versions did
  for (const auto& each : {lost.parent_path(), of_others.parent_path(), before}) make_old(each);
  engine e{used};
  REQUIRE(e.open());
  REQUIRE(e.runs().remove(run_id{"removed"}));
  until_true([&] { return !fs::exists(lost); });
  const auto file_of = [](const settings& of, const char* id) {
    return uploads_of(upload_root(of), of_run(id)) / "prices.csv";
  };
  CHECK(fs::exists(file_of(used, "r")));
  CHECK_FALSE(fs::exists(file_of(used, "removed")));
  for (const char* id : {"r", "removed", "lost"}) CHECK(fs::exists(file_of(of_other, id)));
  CHECK(fs::exists(before));
}

TEST_CASE("a copy of a data folder has files of its own from then on", "[uploads]") {
  const data_folder folder, copy, elsewhere;
  settings used = folder.used(), copied = copy.used();
  used.server.upload_dir = copied.server.upload_dir = elsewhere.path;
  fs::create_directories(folder.path);
  const auto root = upload_root(used);
  CHECK(upload_root(used) == root);
  fs::copy(folder.path, copy.path);
  const auto of_copy = upload_root(copied);
  CHECK(of_copy != root);
  CHECK(upload_root(copied) == of_copy);
  CHECK(upload_root(used) == root);
  // A folder that is moved is the same.
  settings moved = used;
  moved.storage.data_dir = folder.path.string() + "-moved";
  fs::rename(folder.path, moved.storage.data_dir);
  CHECK(upload_root(moved) == root);
  std::ofstream{moved.storage.data_dir / "uploads.id"} << "../../etc 7";
  CHECK(upload_root(moved).parent_path() == elsewhere.path);
  CHECK(upload_root(moved) != root);
  fs::remove_all(moved.storage.data_dir);
}

TEST_CASE("an engine deletes no uploads of which it does not know whose they are", "[uploads]") {
  const data_folder folder, elsewhere;
  settings used = folder.used();
  CHECK(make_run_uploads(used, nullptr) != nullptr);
  used.server.upload_dir = elsewhere.path;
  CHECK(make_run_uploads(used, nullptr) == nullptr);  // there is no data folder to keep a name
  fs::create_directories(folder.path);
  CHECK(make_run_uploads(used, nullptr) != nullptr);
  used.storage.data_dir.clear();
  CHECK(make_run_uploads(used, nullptr) == nullptr);
  used.server.upload_dir.clear();
  CHECK(make_run_uploads(used, nullptr) == nullptr);
}

TEST_CASE("a run that has files of its own keeps them when others are shared with it",
          "[uploads]") {
  const data_folder folder;
  const settings used = folder.used();
  const auto first = upload_to(used, "first"), own = upload_to(used, "own");
  run_uploads made{{upload_root(used), 0s}, spdlog::default_logger()};
  made.share(of_run("first"), of_run("first"));
  CHECK(fs::is_directory(fs::symlink_status(first.parent_path())));
  made.share(of_run("first"), of_run("own"));
  const persistence::memory_store none;
  made.remove(of_run("first"), *none.durable_view());
  CHECK_FALSE(fs::exists(first));
  CHECK(fs::exists(own));
}
