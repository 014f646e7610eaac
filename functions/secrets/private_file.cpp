#include "functions/secrets/private_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "functions/process/fd.hpp"

namespace pawl::functions {
namespace {

namespace fs = std::filesystem;

constexpr mode_t others_mode = S_IRWXG | S_IRWXO;

std::string mode_text(mode_t mode) {
  std::string text = "0000";
  for (std::size_t at = 4; at-- > 1; mode >>= 3) text[at] = static_cast<char>('0' + (mode & 7));
  return text;
}

/// Resolves symbolic links, so that replacing the file keeps the link.
fs::path real_path(const fs::path& file) {
  std::error_code failed;
  auto real = fs::canonical(file, failed);
  return failed ? file : real;
}

fs::path folder_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path{"."};
}

fs::path beside(const fs::path& file, const char* end) {
  return folder_of(file) / ("." + file.filename().string() + end);
}

int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) return errno;
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

/// A file that root creates in another user's folder belongs to that user, so that a server running
/// as that user can read it.
void give_to_owner(int fd, const fs::path& file) {
  struct stat owner {};
  if (::geteuid() != 0) return;
  if (::stat(file.c_str(), &owner) != 0 && ::stat(folder_of(file).c_str(), &owner) != 0) return;
  if (owner.st_uid != 0) static_cast<void>(!::fchown(fd, owner.st_uid, owner.st_gid));
}

unique_fd open_fresh(const fs::path& file, int flags) {
  return unique_fd{::open(file.c_str(), flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
}

}  // namespace

error file_error(std::string_view doing, const fs::path& file, int failure) {
  const errc code = failure == ENOSPC || failure == EDQUOT ? errc::storage_full
                    : failure == EROFS                     ? errc::read_only
                    : failure == ENOENT                    ? errc::not_found
                                                           : errc::io_failed;
  return {code, std::string{doing} + " " + file.string() + ": " +
                    std::generic_category().message(failure)};
}

std::optional<file_stamp> stamp_of(const fs::path& file) noexcept {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) return std::nullopt;
  return file_stamp{found.st_dev, found.st_ino, static_cast<std::uint64_t>(found.st_size),
                    found.st_ctim.tv_sec * 1'000'000'000 + found.st_ctim.tv_nsec};
}

result<std::string> read_private_file(const fs::path& file, std::size_t max_bytes) {
  // O_NONBLOCK: opening a FIFO would block.
  const unique_fd in{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!in) return file_error("reading", file, errno);
  struct stat found {};
  if (::fstat(in.get(), &found) != 0) return file_error("reading", file, errno);
  if (!S_ISREG(found.st_mode))
    return error{errc::invalid_argument, "reading " + file.string() + ": not a regular file"};
  if ((found.st_mode & others_mode) != 0) {
    return error{errc::invalid_argument,
                 "reading " + file.string() + ": other users may access it (mode " +
                     mode_text(found.st_mode & 0777) + "); run chmod 600 " + file.string()};
  }
  std::string content;
  std::array<char, 16'384> piece{};
  while (true) {
    const auto n = ::read(in.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error("reading", file, errno);
    if (n == 0) return content;
    content.append(piece.data(), static_cast<std::size_t>(n));
    if (content.size() > max_bytes) {
      return error{errc::limit_exceeded, "reading " + file.string() + ": it is larger than " +
                                             std::to_string(max_bytes) + " bytes"};
    }
  }
}

result<void> check_is_private(const fs::path& file, std::string_view setting) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return {};
  if ((found.st_mode & others_mode) == 0) return {};
  return error{errc::invalid_argument, std::string{setting} + ": other users may access the file " +
                                           file.string() + " (mode " +
                                           mode_text(found.st_mode & 0777) + "); run chmod 600 " +
                                           file.string()};
}

result<void> write_private_file(const fs::path& named, std::string_view content) {
  const fs::path file = real_path(named), fresh = beside(file, ".new");
  int failure = 0;
  {
    const unique_fd out = open_fresh(fresh, O_WRONLY | O_TRUNC);
    if (!out) return file_error("writing", fresh, errno);
    give_to_owner(out.get(), file);
    failure = write_all(out.get(), content);
    if (failure == 0 && (::fchmod(out.get(), 0600) != 0 || ::fsync(out.get()) != 0))
      failure = errno;
  }
  if (failure == 0 && ::rename(fresh.c_str(), file.c_str()) != 0) failure = errno;
  if (failure != 0) {
    ::unlink(fresh.c_str());
    return file_error("writing", file, failure);
  }
  const unique_fd folder{::open(folder_of(file).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder || ::fsync(folder.get()) != 0) return file_error("writing", file, errno);
  return {};
}

/// Creates the folder of a private file if it does not exist. Only the owner may access it: it may
/// become a data folder.
static result<void> make_private_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(fs::absolute(folder).parent_path(), failed);
  if (!failed && ::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST)
    failed.assign(errno, std::generic_category());
  if (failed) return file_error("creating", folder, failed.value());
  return {};
}

result<void> with_file_locked(const fs::path& named, const std::function<result<void>()>& what) {
  if (auto made = make_private_folder(folder_of(named)); !made) return made;
  // A separate lock file: the file itself is replaced, and its lock would be lost.
  const fs::path lock_file = beside(real_path(named), ".lock");
  const unique_fd lock = open_fresh(lock_file, O_RDWR);
  if (!lock) return file_error("opening", lock_file, errno);
  give_to_owner(lock.get(), lock_file);
  while (::flock(lock.get(), LOCK_EX) != 0)
    if (errno != EINTR) return file_error("locking", lock_file, errno);
  return what();
}

}  // namespace pawl::functions
