#include "persistence/rocksdb/folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <pawl/assert.hpp>

#include "persistence/migrations.hpp"
#include "persistence/rocksdb/status.hpp"

namespace pawl::persistence::rocks {
namespace {

namespace fs = std::filesystem;

constexpr auto marker_name = "PAWL";
constexpr auto new_marker_name = "PAWL.new";
constexpr auto store_first_line = "pawl store";
constexpr auto engine_name = "rocksdb";

struct marker {
  std::string engine;
  std::string state;
  std::uint32_t schema = 0;
};

/// Reads the lines "name value" after the first. Newer versions may add names.
std::optional<marker> parse_marker(std::istream& text) {
  std::string line;
  if (!std::getline(text, line) || line != store_first_line) return std::nullopt;
  marker found;
  while (std::getline(text, line)) {
    std::istringstream words{line};
    std::string name;
    words >> name;
    if (name == "engine") words >> found.engine;
    if (name == "state") words >> found.state;
    if (name == "schema") words >> found.schema;
    if (!words) return std::nullopt;
  }
  return found;
}

/// The process that holds the lock on an inode, according to /proc/locks; nothing if unknown.
std::optional<long> lock_holder(const struct stat& inode) {
  std::ostringstream wanted;
  wanted.fill('0');
  wanted << std::hex;
  wanted.width(2);
  wanted << major(inode.st_dev) << ':';
  wanted.width(2);
  wanted << minor(inode.st_dev) << ':' << std::dec << inode.st_ino;

  // "1: FLOCK  ADVISORY  WRITE 708 00:13:2331 0 EOF"
  std::ifstream locks{"/proc/locks"};
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words{line};
    std::string number, type, strictness, access, where;
    long process = 0;
    if (words >> number >> type >> strictness >> access >> process >> where && type == "FLOCK" &&
        where == wanted.str() && process > 0) {
      return process;
    }
  }
  return std::nullopt;
}

error locked(const fs::path& path, int lock) {
  std::string by = "another process";
  struct stat inode {};
  if (::fstat(lock, &inode) == 0) {
    if (const auto process = lock_holder(inode)) {
      if (*process == ::getpid()) {
        return {errc::locked, doing_to("opening", path) +
                                  ": this process still uses it: another engine, or a read that "
                                  "has not ended. It can be opened when that has ended"};
      }
      by = "process " + std::to_string(*process);
    }
  }
  return {errc::locked,
          doing_to("opening", path) + ": the folder is in use by " + by +
              ". Reach a server with --server URL in place of --data-dir; stop any other "
              "process, or choose another data folder"};
}

/// Locks the folder itself. The lock ends with the process, even if it is killed.
result<descriptor> lock_folder(const fs::path& path) {
  descriptor folder{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder.is_open()) return from_errno(errno, "opening", path);
  if (::flock(folder.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return locked(path, folder.number());
    // Some network file systems cannot lock folders. There RocksDB's lock file protects the store.
  }
  return folder;
}

result<void> make_folder(const fs::path& path) {
  if (path.empty()) {
    return error{errc::invalid_argument, "opening a store: the name of the data folder is empty"};
  }
  std::vector<fs::path> created;  // innermost first
  std::error_code failed;
  for (fs::path at = fs::absolute(path); !fs::exists(at, failed) && at.has_relative_path();
       at = at.parent_path()) {
    created.push_back(at);
  }
  fs::create_directories(path, failed);
  if (!fs::is_directory(path))
    return from_errno(failed ? failed.value() : ENOTDIR, "opening", path);
  // Only the owner may access a new data folder: it has the data of all runs.
  if (!created.empty() && ::chmod(path.c_str(), S_IRWXU) != 0)
    return from_errno(errno, "opening", path);
  // A new folder survives a power failure only after its parent is synced.
  for (const auto& folder : created) {
    const descriptor parent{
        ::open(folder.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (parent.is_open() && ::fsync(parent.number()) != 0)
      return from_errno(errno, "opening", path);
  }
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) return from_errno(errno, "opening", path);
  return {};
}

/// Whether a file may exist in the folder of a new store.
bool is_allowed(const std::string& name) {
  return name.front() == '.' || name == "lost+found" || name == new_marker_name ||
         name == "keys.json";  // `pawl keys add` may come first
}

result<folder_state> state_without_marker(const fs::path& path) {
  std::error_code failed;
  fs::directory_iterator entry{path, failed};
  for (; !failed && entry != fs::directory_iterator{}; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (is_allowed(name)) continue;
    return error{errc::invalid_argument, doing_to("opening", path) +
                                             ": the folder is not a Pawl store: it has no file " +
                                             marker_name + ", but other files (" + name +
                                             "). Choose an empty or a new folder"};
  }
  if (failed) return from_errno(failed.value(), "opening", path);
  return folder_state::fresh;
}

result<void> read_state(claimed_folder& folder) {
  const fs::path file = folder.path / marker_name;
  std::error_code failed;
  if (!fs::exists(file, failed)) {
    if (failed) return from_errno(failed.value(), "opening", folder.path);
    auto state = state_without_marker(folder.path);
    if (!state) return std::move(state).error();
    folder.state = *state;
    return {};
  }
  std::ifstream text{file};
  const auto found = parse_marker(text);
  if (!found || found->schema == 0 || (found->state != "ready" && found->state != "creating")) {
    return error{errc::corrupt, doing_to("opening", folder.path) + ": the file " + marker_name +
                                    " is damaged. Restore the folder from a backup"};
  }
  if (found->engine != engine_name) {
    return error{errc::not_supported, doing_to("opening", folder.path) +
                                          ": the store was made by the engine \"" + found->engine +
                                          "\"; this engine is \"" + engine_name + "\""};
  }
  if (found->schema > current_schema()) {
    auto newer = newer_schema(found->schema, current_schema());
    newer.message.insert(0, doing_to("opening", folder.path) + ": ");
    return newer;
  }
  // A store whose creation was interrupted holds nothing, so it is created again.
  if (found->schema < first_schema && found->state == "ready") {
    auto older = older_schema(found->schema);
    older.message.insert(0, doing_to("opening", folder.path) + ": ");
    return older;
  }
  folder.schema = found->schema;
  folder.state = found->state == "ready" ? folder_state::ready : folder_state::unfinished;
  // RocksDB treats a folder without this file as a new database.
  if (folder.state == folder_state::ready && !fs::exists(folder.path / "CURRENT", failed)) {
    return error{errc::corrupt, doing_to("opening", folder.path) +
                                    ": the file CURRENT is missing. Restore the folder from a "
                                    "backup"};
  }
  return {};
}

result<void> check_marker_exists(const fs::path& path) {
  std::error_code failed;
  if (fs::exists(path / marker_name, failed)) return {};
  return error{errc::not_found,
               "no store in " + path.string() + ": it has no file PAWL. Check --data-dir"};
}

/// Returns 0 or an errno.
int write_durably(const fs::path& file, const std::string& text) {
  const descriptor out{::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (!out.is_open()) return errno;
  std::size_t done = 0;
  while (done < text.size()) {
    const auto n = ::write(out.number(), text.data() + done, text.size() - done);
    if (n < 0 && errno != EINTR) return errno;
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  return ::fsync(out.number()) == 0 ? 0 : errno;
}

}  // namespace

descriptor::descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

descriptor& descriptor::operator=(descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

descriptor::~descriptor() {
  if (is_open()) ::close(number_);
}

result<claimed_folder> claim_folder(const std::filesystem::path& path) {
  if (auto made = make_folder(path); !made) return std::move(made).error();
  auto lock = lock_folder(path);
  if (!lock) return std::move(lock).error();
  claimed_folder folder{path, folder_state::fresh, 0, std::move(lock).value()};
  if (auto read = read_state(folder); !read) return std::move(read).error();
  return folder;
}

result<claimed_folder> claim_existing_folder(const std::filesystem::path& path) {
  if (auto found = check_marker_exists(path); !found) return std::move(found).error();
  return claim_folder(path);
}

result<claimed_folder> find_open_folder(const std::filesystem::path& path) {
  if (auto found = check_marker_exists(path); !found) return std::move(found).error();
  claimed_folder folder{path, folder_state::fresh, 0, descriptor{}};
  if (auto read = read_state(folder); !read) return std::move(read).error();
  if (folder.state != folder_state::ready) {
    return error{errc::unavailable, doing_to("reading", path) +
                                        ": another process is creating it. Try again when it has "
                                        "started"};
  }
  if (folder.schema != current_schema()) return needs_migration(path, folder.schema);
  return folder;
}

error needs_migration(const std::filesystem::path& path, std::uint32_t schema) {
  return {errc::not_supported, doing_to("reading", path) + ": it has schema version " +
                                   std::to_string(schema) + ", this build of Pawl reads version " +
                                   std::to_string(current_schema()) +
                                   ", and another process has the store open, so it cannot be "
                                   "migrated here. Use the Pawl of that process, or --server URL"};
}

int replace_durably(const fs::path& file, const std::string& text) {
  const fs::path fresh = file.string() + ".new";
  if (const int failure = write_durably(fresh, text); failure != 0) return failure;
  if (::rename(fresh.c_str(), file.c_str()) != 0) return errno;
  const descriptor folder{::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  return folder.is_open() && ::fsync(folder.number()) == 0 ? 0 : errno;
}

result<void> write_marker(claimed_folder& folder, folder_state state, std::uint32_t schema) {
  PAWL_ASSERT(state != folder_state::fresh, "a fresh folder has no marker");
  std::ostringstream text;
  text << store_first_line << "\nengine " << engine_name << "\nschema " << schema << "\nstate "
       << (state == folder_state::ready ? "ready" : "creating") << '\n';

  if (const int failure = replace_durably(folder.path / marker_name, text.str()); failure != 0)
    return from_errno(failure, "marking", folder.path);
  folder.state = state;
  folder.schema = schema;
  return {};
}

result<void> probe_folder(const fs::path& folder) {
  constexpr std::size_t probe_bytes = 1u << 20;
  const auto file = folder / "PROBE";
  const descriptor probe{::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!probe.is_open()) return from_errno(errno, "writing to", folder);
  ::unlink(file.c_str());
  const std::string zeros(1u << 16, '\0');
  for (std::size_t done = 0; done < probe_bytes;) {
    const auto written = ::write(probe.number(), zeros.data(), zeros.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return from_errno(errno, "writing to", folder);
    done += static_cast<std::size_t>(written);
  }
  if (::fsync(probe.number()) != 0) return from_errno(errno, "syncing", folder);
  return {};
}

}  // namespace pawl::persistence::rocks
