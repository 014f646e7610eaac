#include "persistence/rocksdb/status.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include <pawl/assert.hpp>

namespace pawl::persistence::rocks {
namespace {

std::string text_of(int number) {
  return std::generic_category().message(number);
}

/// RocksDB has codes for few errors of the system. The others show only in its text.
bool contains_error(const std::string& text, int number) {
  return text.find(text_of(number)) != std::string::npos;
}

bool is_full(int number) {
  return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

bool is_read_only(int number) {
  return number == EROFS || number == EACCES || number == EPERM;
}

error no_space_error(const std::string& doing, const std::string& detail) {
  return {errc::storage_full, doing + ": no space left (" + detail +
                                  "). Free some space or raise the quota, then restart"};
}

error read_only_error(const std::string& doing, const std::string& detail) {
  return {errc::read_only, doing + ": not writable (" + detail +
                               "). Mount it writable and grant this user write access, or choose "
                               "another data folder"};
}

}  // namespace

std::string doing_to(std::string_view doing, const std::filesystem::path& folder) {
  return std::string{doing} + " the store in " + folder.string();
}

error with_folder(error failure, const std::filesystem::path& folder) {
  if (failure.message.find(folder.string()) == std::string::npos)
    failure.message.insert(0, doing_to("opening", folder) + ": ");
  return failure;
}

error from_errno(int number, std::string_view doing, const std::filesystem::path& folder) {
  const std::string what = doing_to(doing, folder);
  const std::string detail = text_of(number);
  if (is_full(number)) return no_space_error(what, detail);
  if (is_read_only(number)) return read_only_error(what, detail);
  if (number == ENOTDIR || number == EEXIST) {
    return {errc::invalid_argument,
            what + ": the path or one of its parents is a file (" + detail + "). Choose a folder"};
  }
  if (number == ENOENT) {
    return {errc::io_failed, what + ": cannot create the folder (" + detail +
                                 "). Choose one whose parent is a writable folder"};
  }
  return {errc::io_failed, what + ": " + detail};
}

error from_status(const rocksdb::Status& status, std::string_view doing,
                  const std::filesystem::path& folder) {
  PAWL_ASSERT(!status.ok(), "the status is a failure");
  const std::string what = doing_to(doing, folder);
  const std::string text = status.ToString();
  if (status.IsNoSpace()) return no_space_error(what, text);
  if (status.IsCorruption()) {
    return {errc::corrupt,
            what + ": the data is damaged (" + text + "). Restore the folder from a backup"};
  }
  if (status.IsIOError()) {
    for (const int number : {ENOSPC, EDQUOT, EFBIG}) {
      if (contains_error(text, number)) return no_space_error(what, text);
    }
    for (const int number : {EROFS, EACCES, EPERM}) {
      if (contains_error(text, number)) return read_only_error(what, text);
    }
    // RocksDB's lock file, on file systems that cannot lock the folder itself.
    if (text.find("lock hold by current process") != std::string::npos ||
        text.find("While lock file") != std::string::npos) {
      return {errc::locked, what + ": already open (" + text +
                                "). Stop the other process, or choose another data folder"};
    }
    if (status.IsPathNotFound()) {
      return {errc::corrupt,
              what + ": a file is missing (" + text + "). Restore the folder from a backup"};
    }
  }
  return {errc::io_failed, what + ": " + text};
}

}  // namespace pawl::persistence::rocks
