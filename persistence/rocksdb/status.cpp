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

/// RocksDB keeps few error numbers apart; the others only show in its text.
bool tells(const std::string& text, int number) {
  return text.find(text_of(number)) != std::string::npos;
}

bool is_full(int number) {
  return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

bool is_read_only(int number) {
  return number == EROFS || number == EACCES || number == EPERM;
}

error full(const std::string& doing, const std::string& detail) {
  return {errc::storage_full, doing + ": there is no space left for it (" + detail +
                                  "); free some space or raise the quota, then start again"};
}

error read_only(const std::string& doing, const std::string& detail) {
  return {errc::read_only, doing + ": it cannot be written (" + detail +
                               "); mount it writable and let this user write it, or choose another "
                               "data folder"};
}

}  // namespace

std::string doing_to(std::string_view doing, const std::filesystem::path& folder) {
  return std::string{doing} + " the store in " + folder.string();
}

error from_errno(int number, std::string_view doing, const std::filesystem::path& folder) {
  const std::string what = doing_to(doing, folder);
  const std::string detail = text_of(number);
  if (is_full(number)) return full(what, detail);
  if (is_read_only(number)) return read_only(what, detail);
  if (number == ENOTDIR || number == EEXIST) {
    return {errc::invalid_argument,
            what + ": it, or something above it, is a file; name a folder (" + detail + ")"};
  }
  if (number == ENOENT) {
    return {errc::io_failed, what + ": no folder can be made there (" + detail +
                                 "); name one whose parent is a folder that can be written"};
  }
  return {errc::io_failed, what + ": " + detail};
}

error from_status(const rocksdb::Status& status, std::string_view doing,
                  const std::filesystem::path& folder) {
  PAWL_ASSERT(!status.ok(), "only failures become errors");
  const std::string what = doing_to(doing, folder);
  const std::string text = status.ToString();
  if (status.IsNoSpace()) return full(what, text);
  if (status.IsCorruption()) {
    return {errc::corrupt,
            what + ": its data is damaged (" + text + "); restore the folder from a backup"};
  }
  if (status.IsIOError()) {
    for (const int number : {ENOSPC, EDQUOT, EFBIG}) {
      if (tells(text, number)) return full(what, text);
    }
    for (const int number : {EROFS, EACCES, EPERM}) {
      if (tells(text, number)) return read_only(what, text);
    }
    // RocksDB's own lock, for file systems where the folder itself cannot be locked.
    if (text.find("lock hold by current process") != std::string::npos ||
        text.find("While lock file") != std::string::npos) {
      return {errc::locked, what + ": it is open already (" + text +
                                "); stop what uses it, or choose another data folder"};
    }
    if (status.IsPathNotFound()) {
      return {errc::corrupt, what + ": a file that belongs to it is missing (" + text +
                                 "); restore the folder from a backup"};
    }
  }
  return {errc::io_failed, what + ": " + text};
}

}  // namespace pawl::persistence::rocks
