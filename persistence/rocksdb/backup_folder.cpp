#include "persistence/rocksdb/backup_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include <rocksdb/file_system.h>

#include "persistence/crc32c.hpp"
#include "persistence/rocksdb/private_files.hpp"
#include "persistence/rocksdb/status.hpp"

namespace pawl::persistence::rocks {
namespace {

namespace fs = std::filesystem;

constexpr auto descriptions_name = "pawl";
constexpr auto backup_mark = "pawl backup 1";
constexpr std::string_view checksum_name = "crc32c ";

error damaged_description() {
  return {errc::corrupt, "the description of the backup is damaged"};
}

std::optional<std::uint32_t> number_of(const std::string& name) {
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_number = failed == std::errc{} && end == name.data() + name.size() && number > 0;
  return is_number ? std::optional{number} : std::nullopt;
}

}  // namespace

std::string encode_description(const backup_description& of) {
  std::ostringstream text;
  text << backup_mark << "\nschema " << of.schema << "\nid " << of.info.id << "\ncreated "
       << to_unix_us(of.info.created_at) / 1'000'000 << "\nbytes " << of.info.bytes << "\nfiles "
       << of.info.files << "\nmeta " << of.meta_crc << "\nstore " << of.store << '\n';
  std::string all = text.str();
  return all + std::string{checksum_name} + std::to_string(crc32c(all)) + '\n';
}

result<backup_description> decode_description(const std::string& text) {
  const auto checksum = text.rfind(checksum_name);
  if (checksum == text.npos) return damaged_description();
  std::istringstream lines{text};
  std::string line;
  backup_description found;
  std::int64_t created = 0;
  std::uint32_t crc = 0;
  const auto read = [&lines](std::string_view name, auto& value) {
    std::string word;
    return static_cast<bool>(lines >> word >> value) && word == name;
  };
  const bool good = std::getline(lines, line) && line == backup_mark &&
                    read("schema", found.schema) && read("id", found.info.id) &&
                    read("created", created) && read("bytes", found.info.bytes) &&
                    read("files", found.info.files) && read("meta", found.meta_crc) &&
                    read("store", found.store) && read("crc32c", crc) &&
                    crc == crc32c(std::string_view{text}.substr(0, checksum));
  found.info.created_at = from_unix_us(created * 1'000'000);
  // Whatever else changed in the text is found here: spaces, zeros, a missing end.
  if (!good || encode_description(found) != text) return damaged_description();
  return found;
}

fs::path description_file(const fs::path& folder, std::uint32_t id) {
  return folder / descriptions_name / std::to_string(id);
}

fs::path meta_file(const fs::path& folder, std::uint32_t id) {
  return folder / "meta" / std::to_string(id);
}

result<std::string> read_file(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in) return error{errc::not_found, "the file " + file.string() + " is missing"};
  std::ostringstream bytes;
  bytes << in.rdbuf();
  if (in.bad()) return error{errc::io_failed, "cannot read " + file.string()};
  return bytes.str();
}

result<std::map<std::uint32_t, result<backup_description>>> read_descriptions(
    const fs::path& folder) {
  std::map<std::uint32_t, result<backup_description>> found;
  std::error_code failed;
  fs::directory_iterator entry{folder / descriptions_name, failed};
  if (failed) return error{errc::not_found, "no backups in " + folder.string()};
  for (; !failed && entry != fs::directory_iterator{}; entry.increment(failed)) {
    const auto id = number_of(entry->path().filename().string());
    if (!id) continue;
    const auto text = read_file(entry->path());
    auto read = text ? decode_description(*text) : result<backup_description>{text.error()};
    if (read && read->info.id != *id) read = damaged_description();
    found.emplace(*id, std::move(read));
  }
  if (failed) return error{errc::io_failed, "cannot list the backups in " + folder.string()};
  return found;
}

result<std::vector<std::uint32_t>> find_undescribed(const fs::path& folder) {
  std::vector<std::uint32_t> found;
  std::error_code failed;
  fs::directory_iterator entry{folder / "meta", failed};
  if (failed == std::errc::no_such_file_or_directory) return found;
  for (; !failed && entry != fs::directory_iterator{}; entry.increment(failed)) {
    const auto id = number_of(entry->path().filename().string());
    if (id && !fs::exists(description_file(folder, *id), failed) && !failed) found.push_back(*id);
  }
  if (failed) return error{errc::io_failed, "cannot list the backups in " + folder.string()};
  std::sort(found.begin(), found.end());
  return found;
}

result<void> prepare_backup_folder(const fs::path& folder) {
  std::error_code failed;
  const bool is_new = fs::create_directories(folder, failed);
  if (failed) return from_errno(failed.value(), "backing up to", folder);
  if (is_new && ::chmod(folder.c_str(), S_IRWXU) != 0)
    return from_errno(errno, "backing up to", folder);
  if (!fs::exists(folder / descriptions_name, failed)) {
    fs::directory_iterator entry{folder, failed};
    for (; !failed && entry != fs::directory_iterator{}; entry.increment(failed)) {
      const std::string name = entry->path().filename().string();
      if (name.front() == '.' || name == "lost+found") continue;
      return error{errc::invalid_argument, "cannot back up to " + folder.string() +
                                               ": the folder has other files (" + name +
                                               "). Choose an empty or a new folder"};
    }
    fs::create_directory(folder / descriptions_name, failed);
    if (failed) return from_errno(failed.value(), "backing up to", folder);
  }
  return {};
}

result<descriptor> lock_backups(const fs::path& folder) {
  descriptor lock{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!lock.is_open()) return from_errno(errno, "backing up to", folder);
  if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return error{errc::conflict, "another process changes the backups in " + folder.string() +
                                     "; try again when it has ended"};
  }
  return lock;
}

result<backup_engine> open_backup_engine(const fs::path& folder) {
  backup_engine opened;
  // Not the environment of the store: that learns from the files which logs the store has.
  opened.environment =
      private_environment(rocksdb::NewCompositeEnv(rocksdb::FileSystem::Default()));
  rocksdb::BackupEngineOptions options{folder.string(), opened.environment.get()};
  rocksdb::BackupEngine* made = nullptr;
  const auto status = rocksdb::BackupEngine::Open(options, opened.environment.get(), &made);
  if (!status.ok()) return from_status(status, "opening the backups of", folder);
  opened.engine.reset(made);
  return opened;
}

}  // namespace pawl::persistence::rocks
