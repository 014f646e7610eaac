// Errors of data folders name the problem and the remedy.
#include "persistence/rocksdb/folder.hpp"

#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "persistence/codec.hpp"
#include "persistence/conformance.hpp"
#include "persistence/keys.hpp"
#include "persistence/migrations.hpp"
#include "persistence/record.hpp"
#include "persistence/rocksdb/status.hpp"
#include "persistence/rocksdb/test_folder.hpp"

using namespace pawl;
using namespace pawl::persistence;
using namespace pawl::persistence::conformance;
using namespace pawl::persistence::rocks;

namespace {

/// A small separate file system, if this process may mount one.
class mounted_folder {
 public:
  explicit mounted_folder(const fs::path& at) : at_(at) {
    fs::create_directories(at);
    mounted_ = ::mount("pawl-test", at.c_str(), "tmpfs", 0, "size=12m") == 0;
    if (!mounted_) WARN("skipped: this process may not mount a file system");
  }
  ~mounted_folder() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  mounted_folder(const mounted_folder&) = delete;
  mounted_folder& operator=(const mounted_folder&) = delete;

  [[nodiscard]] bool is_there() const noexcept { return mounted_; }
  [[nodiscard]] bool make_read_only() const {
    return ::mount("pawl-test", at_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "") == 0;
  }

 private:
  fs::path at_;
  bool mounted_ = false;
};

/// Writes until a write fails. Returns the error.
error fill_up(store& opened) {
  for (int n = 0; n < 100'000; ++n) {
    const batch changes =
        putting(column::checkpoints, {{std::to_string(n), std::string(100'000, 'x')}});
    const batch* const batches[] = {&changes};
    auto written = opened.write(batches);
    if (!written) return std::move(written).error();
    if (auto synced = opened.sync(); !synced) return std::move(synced).error();
    opened.publish(std::move(written).value());
  }
  return {errc::invalid_argument, "the disk never became full"};
}

/// Runs a hidden test case of this program in another process: RocksDB's threads do not survive a
/// fork. The case reads its folder from the environment and answers with one letter.
class other_process {
 public:
  other_process(const char* test_case, const fs::path& folder) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    ::setenv("PAWL_TEST_FOLDER", folder.c_str(), 1);
    ::setenv("PAWL_TEST_ANSWER", std::to_string(ends[1]).c_str(), 1);
    id_ = ::fork();
    REQUIRE(id_ >= 0);
    if (id_ == 0) {
      ::execl("/proc/self/exe", "tests", test_case, "-o", "/dev/null", static_cast<char*>(nullptr));
      ::_exit(127);
    }
    ::close(ends[1]);
    answer_ = descriptor{ends[0]};
  }
  ~other_process() {
    if (waited_) return;
    ::kill(id_, SIGKILL);
    wait();
  }
  other_process(const other_process&) = delete;
  other_process& operator=(const other_process&) = delete;

  [[nodiscard]] pid_t id() const noexcept { return id_; }

  /// The answer of the process, or '?' if it dies without one.
  [[nodiscard]] char answered() const {
    char letter = '?';
    return ::read(answer_.number(), &letter, 1) == 1 ? letter : '?';
  }

  void wait() const {
    ::waitpid(id_, nullptr, 0);
    waited_ = true;
  }

  /// For the other process.
  static fs::path folder() {
    const char* name = ::getenv("PAWL_TEST_FOLDER");
    REQUIRE(name != nullptr);
    return name;
  }
  static void answer(bool yes) {
    const char letter = yes ? 'y' : 'n';
    REQUIRE(::write(std::stoi(::getenv("PAWL_TEST_ANSWER")), &letter, 1) == 1);
  }

 private:
  pid_t id_ = -1;
  descriptor answer_;
  mutable bool waited_ = false;
};

}  // namespace

TEST_CASE("other process: hold a store", "[.][other-process]") {
  const auto opened = open_rocksdb_store(other_process::folder());
  other_process::answer(opened.has_value());
  for (;;) ::pause();
}

TEST_CASE("other process: fill a store", "[.][other-process]") {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{1 << 20, 1 << 20};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  auto opened = open_rocksdb_store(other_process::folder());
  REQUIRE(opened);
  other_process::answer(fill_up(**opened).code == errc::storage_full);
}

TEST_CASE("a missing folder is created with its parents", "[rocksdb][folder]") {
  const test_folder folder;
  const fs::path deep = folder.root() / "a" / "b" / "c";
  commit(*open_good(deep), {putting(column::runs, {{"k", "v"}})});
  CHECK(get(*open_good(deep)->durable_view(), column::runs, "k") == "v");
}

TEST_CASE("an empty folder name is refused", "[rocksdb][folder]") {
  CHECK(open_bad("").code == errc::invalid_argument);
}

TEST_CASE("a relative path and hidden files in the folder are accepted", "[rocksdb][folder]") {
  const test_folder folder;
  fs::create_directories(folder.store());
  std::ofstream{folder.store() / ".keep"} << "";
  fs::create_directory(folder.store() / "lost+found");
  open_good(fs::relative(folder.store()));
}

TEST_CASE("a folder with other files is refused and not changed", "[rocksdb][folder]") {
  const test_folder folder;
  fs::create_directories(folder.store());
  std::ofstream{folder.store() / "thesis.tex"} << "dear";
  const auto failure = open_bad(folder.store());
  CHECK(failure.code == errc::invalid_argument);
  CHECK(mentions(failure, "other files (thesis.tex)"));
  CHECK(mentions(failure, "Choose an empty or a new folder"));
  CHECK(std::distance(fs::directory_iterator{folder.store()}, {}) == 1);
}

TEST_CASE("a folder below a file is refused", "[rocksdb][folder]") {
  const test_folder folder;
  std::ofstream{folder.root() / "file"} << "";
  for (const auto& path : {folder.root() / "file", folder.root() / "file" / "store"}) {
    const auto failure = open_bad(path);
    CHECK(failure.code == errc::invalid_argument);
    CHECK(mentions(failure, "Choose a folder"));
  }
}

TEST_CASE("only one store can use a folder", "[rocksdb][folder]") {
  const test_folder folder;
  SECTION("in this process") {
    const auto first = open_good(folder.store());
    const auto failure = open_bad(folder.store());
    CHECK(failure.code == errc::locked);
    CHECK(mentions(failure, "this process still uses it"));
    CHECK(mentions(failure, "It can be opened when that has ended"));
    commit(*first, {putting(column::runs, {{"k", "v"}})});
  }
  SECTION("in another process, until it dies") {
    const other_process other{"other process: hold a store", folder.store()};
    REQUIRE(other.answered() == 'y');
    const auto failure = open_bad(folder.store());
    CHECK(failure.code == errc::locked);
    CHECK(mentions(failure, std::to_string(other.id())));
    CHECK(mentions(failure, "in use by"));
    CHECK(mentions(failure, "--server URL in place of --data-dir; stop any other process"));
    ::kill(other.id(), SIGKILL);
    other.wait();
    open_good(folder.store());
  }
}

TEST_CASE("a store whose creation was interrupted is created again", "[rocksdb][folder]") {
  const test_folder folder;
  open_good(folder.store());
  const auto last = GENERATE(std::string{"PAWL"}, std::string{"CURRENT"}, std::string{"LOG"});
  put_marker(folder.store(), "pawl store\nengine rocksdb\nschema 1\nstate creating\n");
  if (last != "PAWL") fs::remove(folder.store() / last);
  const auto opened = open_good(folder.store());
  commit(*opened, {putting(column::runs, {{"k", "v"}})});
}

TEST_CASE("a damaged marker and that of another engine are reported", "[rocksdb][folder]") {
  const test_folder folder;
  open_good(folder.store());
  SECTION("damaged") {
    put_marker(folder.store(), GENERATE("", "pawl", "pawl store\nschema x\n", "pawl store\n"));
    const auto failure = open_bad(folder.store());
    CHECK(failure.code == errc::corrupt);
    CHECK(mentions(failure, "PAWL is damaged"));
  }
  SECTION("of another engine") {
    put_marker(folder.store(), "pawl store\nengine postgres\nschema 1\nstate ready\n");
    const auto failure = open_bad(folder.store());
    CHECK(failure.code == errc::not_supported);
    CHECK(mentions(failure, "postgres"));
  }
  SECTION("missing") {
    fs::remove(folder.store() / "PAWL");
    CHECK(open_bad(folder.store()).code == errc::invalid_argument);
  }
}

TEST_CASE("a store of a newer schema on disk is refused with both versions", "[rocksdb][folder]") {
  const test_folder folder;
  SECTION("according to the marker") {
    open_good(folder.store());
    put_marker(folder.store(), "pawl store\nengine rocksdb\nschema 100\nstate ready\nnew thing\n");
  }
  SECTION("according to the schema record") {
    const auto opened = open_good(folder.store());
    const auto nothing = [](const view&, batch&) { return result<void>{}; };
    std::vector<migration> later;
    for (std::uint32_t to = first_schema + 1; to <= 100; ++to) later.push_back({to, "a", nothing});
    REQUIRE(prepare_schema(*opened, later));
  }
  const auto failure = open_bad(folder.store());
  CHECK(failure.code == errc::schema_newer);
  CHECK(mentions(failure, "schema version 100"));
  CHECK(mentions(failure, "up to " + std::to_string(current_schema())));
}

TEST_CASE("an older build is refused once the migration of a store has begun",
          "[rocksdb][folder]") {
  const test_folder folder;
  {
    const auto opened = open_good(folder.store());
    std::string of_later_build;
    record_writer out{of_later_build, record_kind::run_summary, 99};
    out.finish();
    batch older;
    older.put(column::meta, keys::schema(), encode_schema({4, {}}));
    older.put(column::runs, "run", of_later_build);
    conformance::commit(*opened, {older});
  }
  put_marker(folder.store(), "pawl store\nengine rocksdb\nschema 4\nstate ready\n");
  CHECK(mentions(open_bad(folder.store()), "migrating the store"));
  std::ifstream marker{folder.store() / "PAWL"};
  const std::string text{std::istreambuf_iterator<char>{marker}, {}};
  CHECK(text.find("schema " + std::to_string(current_schema()) + "\n") != std::string::npos);
}

TEST_CASE("a store of a schema from before the first release is refused", "[rocksdb][folder]") {
  const test_folder folder;
  open_good(folder.store());
  put_marker(folder.store(), "pawl store\nengine rocksdb\nschema 1\nstate ready\n");
  const auto failure = open_bad(folder.store());
  CHECK(failure.code == errc::not_supported);
  CHECK(mentions(failure, folder.store().string()));
  CHECK(mentions(failure, "schema version 1"));
  CHECK(mentions(failure, "versions from 2"));
}

TEST_CASE("a read-only folder is refused", "[rocksdb][folder]") {
  const test_folder folder;
  const fs::path store = folder.root() / "mount" / "store";
  const mounted_folder mount{folder.root() / "mount"};
  if (!mount.is_there()) return;
  SECTION("with a store in it") {
    commit(*open_good(store), {putting(column::runs, {{"k", "v"}})});
  }
  SECTION("without one") {}
  REQUIRE(mount.make_read_only());
  const auto failure = open_bad(store);
  CHECK(failure.code == errc::read_only);
  CHECK(mentions(failure, "Mount it writable"));
}

TEST_CASE("a full disk stops the store, which keeps all acknowledged writes", "[rocksdb][folder]") {
  const test_folder folder;
  const mounted_folder mount{folder.root() / "mount"};
  if (!mount.is_there()) return;
  const fs::path store = folder.root() / "mount" / "store";
  std::size_t kept = 0;
  {
    const auto opened = open_good(store);
    const auto failure = fill_up(*opened);
    CAPTURE(failure.message);
    CHECK(failure.code == errc::storage_full);
    CHECK(mentions(failure, store.string()));
    CHECK(mentions(failure, "Free some space"));
    kept = scan(*opened->durable_view(), column::checkpoints).size();
    CHECK(kept > 0);

    const batch late = putting(column::runs, {{"late", ""}});
    const batch* const batches[] = {&late};
    const auto refused = opened->write(batches);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::unavailable);
    CHECK(mentions(refused.error(), failure.message));
    CHECK_FALSE(opened->sync());
    CHECK_FALSE(opened->close());
  }
  // With free space the store opens again. It is copied to a file system that has some.
  const fs::path roomy = folder.root() / "roomy";
  copy_as_killed(store, roomy);
  const auto opened = open_good(roomy);
  CHECK(scan(*opened->durable_view(), column::checkpoints).size() >= kept);
}

TEST_CASE("a disk that becomes full during a sync of the log stops the store",
          "[rocksdb][folder]") {
  const test_folder folder;
  const mounted_folder mount{folder.root() / "mount"};
  if (!mount.is_there()) return;
  for (int round = 0; round < 10; ++round) {
    const fs::path store = folder.root() / "mount" / ("store" + std::to_string(round));
    {
      const auto opened = open_good(store);
      std::atomic<bool> full{false};
      std::thread syncer{[&] {
        while (!full)
          if (const auto synced = opened->sync(); !synced) {
            CHECK(synced.error().message.find("no space") != std::string::npos);
            return;
          }
      }};
      for (int n = 0; !full; ++n) {
        const batch changes =
            putting(column::checkpoints, {{std::to_string(n), std::string(10'000, 'x')}});
        const batch* const batches[] = {&changes};
        const auto written = opened->write(batches);
        if (written) continue;
        full = true;
        CHECK(mentions(written.error(), "no space"));
      }
      syncer.join();
    }
    fs::remove_all(store);
  }
}

TEST_CASE("a file size limit stops the store like a full disk", "[rocksdb][folder]") {
  const test_folder folder;
  const other_process limited{"other process: fill a store", folder.store()};
  CHECK(limited.answered() == 'y');
  limited.wait();
  CHECK(scan(*open_good(folder.store())->durable_view(), column::checkpoints).size() > 0);
}

TEST_CASE("errnos and RocksDB statuses become errors with a remedy", "[rocksdb][folder]") {
  CHECK(from_errno(ENOSPC, "writing to", "/f").code == errc::storage_full);
  CHECK(from_errno(EDQUOT, "writing to", "/f").code == errc::storage_full);
  CHECK(from_errno(EROFS, "opening", "/f").code == errc::read_only);
  CHECK(from_errno(EACCES, "opening", "/f").code == errc::read_only);
  CHECK(from_errno(ENOTDIR, "opening", "/f").code == errc::invalid_argument);
  CHECK(mentions(from_errno(ENOENT, "opening", "/f"), "Choose one whose parent"));
  CHECK(from_errno(EIO, "opening", "/f").code == errc::io_failed);
  CHECK(from_errno(EIO, "opening", "/f").message == "opening the store in /f: Input/output error");

  using rocksdb::Status;
  CHECK(from_status(Status::NoSpace(), "writing to", "/f").code == errc::storage_full);
  CHECK(from_status(Status::Corruption("x"), "opening", "/f").code == errc::corrupt);
  CHECK(from_status(Status::IOError("x", "Disk quota exceeded"), "opening", "/f").code ==
        errc::storage_full);
  CHECK(from_status(Status::IOError("x", "Read-only file system"), "opening", "/f").code ==
        errc::read_only);
  CHECK(from_status(Status::IOError("While lock file: x", "busy"), "opening", "/f").code ==
        errc::locked);
  CHECK(from_status(Status::PathNotFound("x"), "opening", "/f").code == errc::corrupt);
  CHECK(from_status(Status::IOError("x"), "opening", "/f").code == errc::io_failed);
}
