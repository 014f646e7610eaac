#include "cli/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/text.hpp"

namespace pawl::cli {
namespace {

/// Gives a file its name, which no file has yet. Returns 0 or errno.
int rename_to_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  // Some file systems cannot check that in one step; `begin` has.
  if (errno != EINVAL) return errno;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

result<whole_file> whole_file::begin(const std::string& file, existing old) {
  whole_file made{printable(file), old};
  if (auto opened = made.open(file); !opened) return std::move(opened).error();
  return made;
}

whole_file::whole_file(whole_file&& from) noexcept
    : shown_(std::move(from.shown_)),
      target_(std::move(from.target_)),
      fresh_(std::exchange(from.fresh_, {})),
      old_(from.old_),
      fd_(std::exchange(from.fd_, -1)) {}

whole_file::~whole_file() {
  if (fd_ >= 0) ::close(fd_);
  if (!fresh_.empty()) ::unlink(fresh_.c_str());
}

error whole_file::failed(int code) const {
  if (code == EEXIST) return {errc::already_exists, shown_ + " exists already; it was not changed"};
  const errc kind = code == ENOENT || code == ENOTDIR ? errc::not_found
                    : code == ENOSPC                  ? errc::storage_full
                                                      : errc::io_failed;
  return {kind, "cannot write " + shown_ + ": " + std::generic_category().message(code)};
}

result<void> whole_file::open(const std::string& file) {
  struct stat old {};
  const bool exists = ::stat(file.c_str(), &old) == 0;
  if (!exists && errno != ENOENT) return failed(errno);
  if (exists && !S_ISREG(old.st_mode)) {
    fd_ = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    return fd_ < 0 ? result<void>{failed(errno)} : result<void>{};
  }
  if (exists && old_ == existing::keep) return failed(EEXIST);
  std::error_code problem;
  target_ = exists ? std::filesystem::canonical(file, problem).string() : file;
  if (problem) return failed(problem.value());
  const std::string beside = target_ + "." + std::to_string(::getpid()) + ".part";
  // What replaces a private file is never readable by others.
  fd_ = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, exists ? 0600 : 0666);
  if (fd_ < 0 && errno == EEXIST)
    return error{errc::already_exists, printable(beside) + " is left over; delete it"};
  if (fd_ < 0) return failed(errno);
  fresh_ = beside;
  if (exists && ::fchmod(fd_, old.st_mode & 07777) != 0) return failed(errno);
  return {};
}

result<void> whole_file::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

result<void> whole_file::finish() {
  const bool is_beside = !fresh_.empty();
  int code = !is_beside || ::fsync(fd_) == 0 ? 0 : errno;
  if (::close(std::exchange(fd_, -1)) != 0 && code == 0) code = errno;
  if (code == 0 && is_beside) {
    if (old_ == existing::keep) {
      code = rename_to_new(fresh_, target_);
    } else if (::rename(fresh_.c_str(), target_.c_str()) != 0) {
      code = errno;
    }
  }
  if (code != 0) return failed(code);
  fresh_.clear();
  return {};
}

}  // namespace pawl::cli
