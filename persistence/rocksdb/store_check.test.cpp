#include "persistence/rocksdb/store_check.hpp"

#include <pawl/detail/hex.hpp>
#include <pawl/detail/placement.hpp>

#include "persistence/blobs.hpp"
#include "persistence/codec.hpp"
#include "persistence/conformance.hpp"
#include "persistence/keys.hpp"
#include "persistence/rocksdb/database.hpp"
#include "persistence/rocksdb/open_database.hpp"
#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/rocksdb/tuning.hpp"
#include "persistence/values/test_codec.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::conformance;
using namespace pawl::persistence::rocks;

namespace {

run_key run_number(int n) {
  return {default_scope(), run_id{"run-" + std::to_string(1000 + n)}};
}

/// Bytes that do not become small when they are compressed.
std::string noise(int seed, std::size_t size) {
  std::string bytes(size, '\0');
  auto state = static_cast<std::uint64_t>(seed) + 1;
  for (auto& byte : bytes) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<char>(state >> 56);
  }
  return bytes;
}

/// Writes records of runs, each run with its own commit. Except for the inputs, which name the
/// runs, the contents are not those of runs: a check reports each as unreadable, which shows that
/// it was found.
void commit_runs(store& opened, int from, int to) {
  for (int n = from; n < to; ++n) {
    flow::run_input input;
    input.key = run_number(n);
    input.data = flow::shared_json{{{"noise", pawl::detail::to_hex(noise(-n, 400))}}};
    batch changes;
    changes.put(column::runs, keys::run(input.key), noise(n, 400));
    changes.put(column::checkpoints, keys::input(pawl::detail::run_hash(input.key)),
                encode_input(input));
    commit(opened, {changes});
  }
}

fs::path killed_with_runs(const test_folder& folder, int in_tables, int in_log) {
  commit_runs(*open_good(folder.store()), 0, in_tables);
  const auto opened = open_good(folder.store());
  commit_runs(*opened, in_tables, in_tables + in_log);
  const fs::path killed = folder.root() / "killed";
  copy_as_killed(folder.store(), killed);
  return killed;
}

std::size_t runs_with(const store_report& report, std::string_view what) {
  std::size_t count = 0;
  for (const auto& lost : report.runs)
    if (lost.what.find(what) != std::string::npos) ++count;
  return count;
}

/// Makes a closed store one from before its last column.
void drop_last_column(const fs::path& folder) {
  handles columns;
  std::unique_ptr<rocksdb::DB> db;
  REQUIRE(
      open_database(database_options({}), folder.string(), describe_columns({}), columns, db).ok());
  REQUIRE(db->DropColumnFamily(columns.back()).ok());
  for (auto* each : columns) REQUIRE(db->DestroyColumnFamilyHandle(each).ok());
}

std::vector<std::string> columns_in(const fs::path& folder) {
  std::vector<std::string> names;
  REQUIRE(rocksdb::DB::ListColumnFamilies({}, folder.string(), &names).ok());
  return names;
}

}  // namespace

TEST_CASE("a check of a good store finds no damage and changes nothing", "[rocksdb][check]") {
  const test_folder folder;
  const auto killed = killed_with_runs(folder, 0, 0);
  const auto before = sizes_in(killed);
  const auto report = check_rocksdb_store(killed);
  REQUIRE(report);
  CHECK(report->damage.empty());
  CHECK(report->runs.empty());
  CHECK(report->opens);
  CHECK(report->names_all_runs);
  const auto repaired = repair_rocksdb_store(killed);
  REQUIRE(repaired);
  CHECK(repaired->damage.empty());
  for (const auto& [file, size] : before)
    if (file.extension() != ".log" && file.filename() != "LOCK")
      CHECK(sizes_in(killed).at(file) == size);
}

TEST_CASE("a repair deletes records of blobs that belong to nothing", "[rocksdb][check]") {
  const test_folder folder;
  {
    const auto opened = open_good(folder.store());
    batch changes;
    put_blob_chunk(changes, default_scope(), std::string(keys::blob_content_bytes, 'c'), 0, "abc");
    changes.put(column::indexes,
                keys::held_blob(run_number(1), std::string(keys::blob_hash_bytes, 'b'), 1), {});
    commit(*opened, {changes});
  }
  const auto report = check_rocksdb_store(folder.store());
  REQUIRE(report);
  CHECK(report->damage.size() == 2);
  CHECK(report->opens);
  CHECK(report->can_be_repaired());
  CHECK(report->has_only_leftovers());
  const auto repaired = repair_rocksdb_store(folder.store());
  REQUIRE(repaired);
  CHECK(repaired->damage.size() == 2);
  CHECK(check_rocksdb_store(folder.store())->is_good());
}

TEST_CASE("a check of a folder without a store names it", "[rocksdb][check]") {
  const test_folder folder;
  const auto report = check_rocksdb_store(folder.store());
  REQUIRE_FALSE(report);
  CHECK(report.error().code == errc::not_found);
  CHECK_FALSE(fs::exists(folder.store()));
}

TEST_CASE("a check and a repair refuse a store of a newer schema", "[rocksdb][check]") {
  const test_folder folder;
  const auto killed = killed_with_runs(folder, 0, 3);
  put_marker(killed, "pawl store\nengine rocksdb\nschema 100\nstate ready\n");
  const auto before = sizes_in(killed);
  for (const auto& done : {check_rocksdb_store(killed), repair_rocksdb_store(killed)}) {
    REQUIRE_FALSE(done);
    CHECK(done.error().code == errc::schema_newer);
    CHECK(mentions(done.error(), "schema version 100"));
  }
  CHECK(sizes_in(killed) == before);
}

TEST_CASE("a check of a store whose creation was interrupted finds no damage", "[rocksdb][check]") {
  const test_folder folder;
  fs::create_directories(folder.store());
  put_marker(folder.store(), "pawl store\nengine rocksdb\nschema 1\nstate creating\n");
  const auto report = check_rocksdb_store(folder.store());
  REQUIRE(report);
  CHECK(report->is_good());
  CHECK(report->opens);
  open_good(folder.store());
}

TEST_CASE("a damaged log is repaired, and the runs that lost something are named",
          "[rocksdb][check]") {
  const test_folder folder;
  const auto killed = killed_with_runs(folder, 20, 80);
  const auto log = files_of(killed, ".log").back();
  flip_byte(log, fs::file_size(log) / 2);
  CHECK(mentions(open_bad(killed), "pawl store repair --accept-loss"));

  const auto report = check_rocksdb_store(killed);
  INFO((report ? "" : report.error().message));
  REQUIRE(report);
  REQUIRE(report->damage.size() == 1);
  CHECK(report->damage[0].file == log.filename());
  CHECK(report->damage[0].offset > 0U);
  CHECK_FALSE(report->opens);
  CHECK_FALSE(report->names_all_runs);
  const auto lost = runs_with(*report, "lost its changes after the damage");
  CHECK(lost > 20);
  CHECK(lost < 60);
  CHECK(open_bad(killed).code == errc::corrupt);  // a check repairs nothing

  const auto repaired = repair_rocksdb_store(killed);
  INFO((repaired ? "" : repaired.error().message));
  REQUIRE(repaired);
  CHECK(repaired->opens);
  CHECK(runs_with(*repaired, "lost its changes after the damage") == lost);
  const auto opened = open_good(killed);
  const auto kept = scan(*opened->durable_view(), column::runs).size();
  CHECK(kept + lost == 99);  // one record is damaged
  CHECK(scan(*opened->durable_view(), column::checkpoints).size() == kept);
  commit_runs(*opened, 200, 210);
}

TEST_CASE("a log that lost its synced end is repaired", "[rocksdb][check]") {
  const test_folder folder;
  const auto killed = killed_with_runs(folder, 5, 20);
  fs::remove(files_of(killed, ".log").back());
  CHECK(open_bad(killed).code == errc::corrupt);
  const auto repaired = repair_rocksdb_store(killed);
  REQUIRE(repaired);
  CHECK(mentions({errc::corrupt, to_text(repaired->damage[0])}, "missing after this place"));
  CHECK(scan(*open_good(killed)->durable_view(), column::runs).size() == 5);
}

TEST_CASE("a damaged table is reported with its column and its runs", "[rocksdb][check]") {
  const test_folder folder;
  commit_runs(*open_good(folder.store()), 0, 300);
  std::size_t reported = 0;
  const fs::path damaged = folder.root() / "damaged";
  for (const auto& table : files_of(folder.store(), ".sst")) {
    copy_as_killed(folder.store(), damaged);
    flip_byte(damaged / table.filename(), fs::file_size(table) / 2);
    const auto report = check_rocksdb_store(damaged);
    REQUIRE(report);
    REQUIRE_FALSE(report->damage.empty());
    CHECK(report->damage[0].file == table.filename());
    const auto& column_name = report->damage[0].column;
    if (column_name != "runs" && column_name != "checkpoints") continue;
    REQUIRE(fs::file_size(table) > 100'000);
    ++reported;
    CHECK(report->runs_checked == 300);  // the other column names them
    CHECK(report->runs.size() == 300);  // none is readable, as their contents are not those of runs
    if (column_name == "runs") CHECK(runs_with(*report, "block checksum mismatch") > 0);
    const auto refused = repair_rocksdb_store(damaged);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::not_supported);
    CHECK(mentions(refused.error(), table.filename().string()));
    CHECK(mentions(refused.error(), "backup"));
  }
  CHECK(reported == 2);
}

TEST_CASE("a missing file is reported by a check and cannot be repaired", "[rocksdb][check]") {
  const test_folder folder;
  commit_runs(*open_good(folder.store()), 0, 300);
  const fs::path damaged = folder.root() / "damaged";
  std::string manifest;
  std::ifstream{folder.store() / "CURRENT"} >> manifest;
  std::vector<std::string> missing{"CURRENT", manifest};
  for (const auto& table : files_of(folder.store(), ".sst"))
    missing.push_back(table.filename().string());
  REQUIRE(missing.size() > 2);
  for (const auto& name : missing) {
    CAPTURE(name);
    copy_as_killed(folder.store(), damaged);
    REQUIRE(fs::remove(damaged / name));
    const auto report = check_rocksdb_store(damaged);
    REQUIRE(report);
    REQUIRE(report->damage.size() == 1);
    CHECK(report->damage[0].file == (name == manifest ? "CURRENT" : name));
    if (name != manifest) CHECK(report->damage[0].what == "missing");
    CHECK_FALSE(report->opens);
    CHECK_FALSE(report->can_be_repaired());
    CHECK_FALSE(report->names_all_runs);
    CHECK_FALSE(repair_rocksdb_store(damaged));
  }
}

TEST_CASE("a damaged MANIFEST is reported by a check", "[rocksdb][check]") {
  const test_folder folder;
  commit_runs(*open_good(folder.store()), 0, 3);
  std::string name;
  std::ifstream{folder.store() / "CURRENT"} >> name;
  flip_byte(folder.store() / name, fs::file_size(folder.store() / name) / 2);
  const auto report = check_rocksdb_store(folder.store());
  REQUIRE(report);
  REQUIRE(report->damage.size() == 1);
  CHECK(report->damage[0].file == name);
  CHECK(report->damage[0].offset > 0U);
  CHECK_FALSE(report->opens);
}

TEST_CASE("a store from before a column is read without it, and gets it when it is opened",
          "[rocksdb][check]") {
  const test_folder folder;
  commit_runs(*open_good(folder.store()), 0, 3);
  drop_last_column(folder.store());
  const auto report = check_rocksdb_store(folder.store());
  INFO((report ? "" : report.error().message));
  REQUIRE(report);
  CHECK(report->damage.empty());
  CHECK(report->runs_checked == 3);
  const auto opened = open_good(folder.store());
  CHECK(scan(*opened->durable_view(), column::blobs).empty());
  CHECK(scan(*opened->durable_view(), column::runs).size() == 3);
}

TEST_CASE("a store of an older schema that does not open stays one for older builds",
          "[rocksdb][check]") {
  const test_folder folder;
  rocksdb_options options;
  options.codec = values::codec_with(values::key_line("k", '1'));
  {
    const auto opened = open_good(folder.store(), options);
    batch older;
    older.put(column::meta, keys::schema(), encode_schema({6, {}}));
    commit(*opened, {older});
  }
  drop_last_column(folder.store());
  put_marker(folder.store(), "pawl store\nengine rocksdb\nschema 6\nstate ready\n");
  const auto columns = columns_in(folder.store());

  CHECK(mentions(open_bad(folder.store()), "storage.keys is not set"));
  CHECK(columns_in(folder.store()) == columns);
  {
    const auto opened = open_good(folder.store(), options);
    commit(*opened, {putting(column::blobs, {{"key", "value"}})});
    CHECK(get(*opened->durable_view(), column::blobs, "key") == "value");
  }
  CHECK(columns_in(folder.store()).size() == columns.size() + 1);
}
