#include "persistence/rocksdb/store_beside_writer.hpp"

#include <atomic>
#include <thread>

#include "persistence/rocksdb/test_folder.hpp"
#include "persistence/values/test_codec.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::conformance;
using namespace pawl::persistence::rocks;

namespace {

std::unique_ptr<store> read_beside(const fs::path& folder, const rocksdb_options& options = {}) {
  auto opened = open_store_beside_writer(folder, options);
  if (!opened) FAIL(opened.error().message);
  return std::move(opened).value();
}

error not_read_beside(const fs::path& folder, const rocksdb_options& options = {}) {
  const auto opened = open_store_beside_writer(folder, options);
  REQUIRE_FALSE(opened);
  CAPTURE(opened.error().message);
  CHECK(mentions(opened.error(), folder.string()));
  return opened.error();
}

std::size_t temporary_folders() {
  std::size_t found = 0;
  for (const auto& entry : fs::directory_iterator{fs::temp_directory_path()})
    found += entry.path().filename().string().starts_with("pawl-read-") ? 1 : 0;
  return found;
}

}  // namespace

TEST_CASE("a store is read while another has it open", "[rocksdb][beside]") {
  const auto mode = GENERATE(durability::sync, durability::async);
  CAPTURE(static_cast<int>(mode));
  const test_folder folder;
  const auto writer = open_good(folder.store(), {.mode = mode});
  batch changes = putting(column::runs, {{"a", "1"}, {"b", "2"}});
  changes.add("n", 2);
  const auto written = commit(*writer, {changes});
  CHECK(open_bad(folder.store()).code == errc::locked);

  const auto reader = read_beside(folder.store());
  CHECK(contents(*reader->durable_view()) == contents(*written));
  CHECK(counter(*reader->durable_view(), "n") == 2);
  CHECK(scan(*reader->durable_view(), column::runs, {"", "", true}).front().first == "b");

  // It stays as it was; another one sees what came later.
  commit(*writer, {putting(column::runs, {{"c", "3"}})});
  CHECK(scan(*reader->durable_view(), column::runs).size() == 2);
  CHECK(scan(*read_beside(folder.store())->durable_view(), column::runs).size() == 3);
}

TEST_CASE("a store that is read beside its writer changes nothing", "[rocksdb][beside]") {
  const test_folder folder;
  // A writer that is open flushes and compacts in the background, so this one is closed.
  commit(*open_good(folder.store()), {putting(column::runs, {{"a", "1"}})});
  const auto files = sizes_in(folder.store());
  const auto others = temporary_folders();
  {
    const auto reader = read_beside(folder.store());
    const batch changes = putting(column::runs, {{"b", "2"}});
    const batch* const all[] = {&changes};
    const auto refused = reader->write(all);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::read_only);
    CHECK_FALSE(reader->sync());
    CHECK_FALSE(reader->check_writable());
    CHECK(reader->close());
    CHECK(get(*reader->durable_view(), column::runs, "a") == "1");
  }
  CHECK(sizes_in(folder.store()) == files);
  CHECK(temporary_folders() <= others);  // fewer: those of other processes
  commit(*open_good(folder.store()), {putting(column::runs, {{"b", "2"}})});
}

TEST_CASE("a store that is read under load is in one state, with all that was written before",
          "[rocksdb][beside]") {
  const test_folder folder;
  rocksdb_options options;
  options.memtable_bytes = 1u << 20;
  options.log_bytes = 1u << 20;  // logs and tables come and go
  options.log_entries = 2'000;
  const auto writer = open_good(folder.store(), options);
  std::atomic<std::int64_t> written{0};
  std::atomic<bool> stop{false}, failed{false};
  std::thread load{[&] {
    for (std::int64_t i = 1; !stop && !failed; ++i) {
      const std::string key = std::to_string(i % 5'000);
      batch changes = putting(column::runs, {{key, std::to_string(i)}, {"last", key}});
      changes.put(column::checkpoints, key, std::to_string(i) + std::string(500, 'x'));
      changes.put(column::checkpoints, "last", key);
      changes.add("n", 1);
      const batch* const all[] = {&changes};
      const auto now = writer->write(all);
      if (!now || !writer->sync()) {
        failed = true;
        break;
      }
      writer->publish(*now);
      written = i;
    }
  }};
  for (int round = 0; round < 15; ++round) {
    const auto before = written.load();
    const auto opened = open_store_beside_writer(folder.store());
    if (!opened) {  // no REQUIRE: the thread must be joined
      CHECK(opened.error().message.empty());
      continue;
    }
    const auto now = (*opened)->durable_view();
    const auto n = now->counter("n");
    CHECK((n && *n >= before));
    const auto in_runs = now->get(column::runs, "last");
    const auto in_checkpoints = now->get(column::checkpoints, "last");
    CHECK((n && in_runs && in_checkpoints && *in_runs == *in_checkpoints));
    if (!n || *n == 0) continue;
    // Every key that was written has its last value.
    std::int64_t found = 0, wrong = 0;
    const auto scanned =
        now->scan(column::runs, {}, [&](std::string_view key, std::string_view value) {
          if (key == "last") return view::next::more;
          const std::int64_t k = std::stoll(std::string{key});
          const std::int64_t wanted = *n - ((*n - k) % 5'000 + 5'000) % 5'000;
          wrong += std::stoll(std::string{value}) == wanted ? 0 : 1;
          ++found;
          return view::next::more;
        });
    CHECK(scanned);
    CHECK(wrong == 0);
    CHECK(found == std::min<std::int64_t>(*n, 5'000));
  }
  stop = true;
  load.join();
  CHECK_FALSE(failed);
}

TEST_CASE("the files of a writer that was killed are read, too", "[rocksdb][beside]") {
  const test_folder folder;
  const auto living = open_good(folder.store());
  for (int i = 0; i < 100; ++i)
    write(*living, {putting(column::runs, {{std::to_string(i), std::string(300, 'v')}})});
  const fs::path killed = folder.root() / "killed";
  copy_as_killed(folder.store(), killed);
  CHECK(scan(*read_beside(killed)->durable_view(), column::runs).size() == 100);
  CHECK(scan(*open_good(killed)->durable_view(), column::runs).size() == 100);
}

TEST_CASE("an encrypted store is read beside its writer only with its key", "[rocksdb][beside]") {
  const test_folder folder;
  rocksdb_options options;
  options.codec = values::codec_with(values::key_line("k", '1'));
  const auto writer = open_good(folder.store(), options);
  commit(*writer, {putting(column::runs, {{"a", "secret"}})});
  CHECK(get(*read_beside(folder.store(), options)->durable_view(), column::runs, "a") == "secret");
  CHECK(not_read_beside(folder.store()).code == errc::invalid_argument);
}

TEST_CASE("a store of another schema or none is not read beside its writer", "[rocksdb][beside]") {
  const test_folder folder;
  CHECK(not_read_beside(folder.store()).code == errc::not_found);
  const auto writer = open_good(folder.store());
  put_marker(folder.store(), "pawl store\nengine rocksdb\nschema 2\nstate ready\n");
  const auto older = not_read_beside(folder.store());
  CHECK(older.code == errc::not_supported);
  CHECK(mentions(older, "cannot be migrated here"));
  put_marker(folder.store(), "pawl store\nengine rocksdb\nschema 999\nstate ready\n");
  CHECK(not_read_beside(folder.store()).code == errc::schema_newer);
  put_marker(folder.store(), "pawl store\nengine rocksdb\nschema 6\nstate creating\n");
  CHECK(not_read_beside(folder.store()).code == errc::unavailable);
}
