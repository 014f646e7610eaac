#include "bench/work_folder.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "bench/failure.hpp"

namespace pawl::bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* marker_name = "PAWL-BENCH";

[[noreturn]] void refuse(errc code, const fs::path& folder, const std::string& why) {
  throw failure{code, "cannot use the folder " + folder.string() + ": " + why};
}

}  // namespace

work_folder::work_folder(const fs::path& parent) : parent_(parent) {
  std::error_code failed;
  if (parent_.empty()) {
    std::string pattern = (fs::current_path(failed) / "pawl-bench-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      refuse(errc::io_failed, pattern, std::string{std::strerror(errno)} + "; use --folder DIR");
    parent_ = pattern;
    made_parent_ = true;
  } else {
    if (fs::exists(parent_, failed) && !fs::is_directory(parent_, failed))
      refuse(errc::invalid_argument, parent_, "it is not a folder");
    made_parent_ = fs::create_directories(parent_, failed);
    if (failed) refuse(errc::io_failed, parent_, failed.message());
    if (!fs::is_empty(parent_, failed) && !failed)
      refuse(errc::invalid_argument, parent_, "it is not empty; choose a new or an empty folder");
    if (failed) refuse(errc::io_failed, parent_, failed.message());
  }
  path_ = parent_ / "data";
  take();
}

void work_folder::take() {
  const fs::path marker = parent_ / marker_name;
  const int fd = ::open(marker.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST)
    refuse(errc::invalid_argument, parent_, "another benchmark uses it");
  if (fd < 0) refuse(errc::io_failed, parent_, std::strerror(errno));
  struct stat made {};
  const bool known = ::fstat(fd, &made) == 0;
  ::close(fd);
  marker_ = made.st_ino;
  std::error_code failed;
  // `create_directory` is false if someone else has just made the folder.
  const bool is_new = known && fs::create_directory(path_, failed) && !failed;
  if (is_new) return;
  ::unlink(marker.c_str());
  refuse(errc::io_failed, parent_, failed ? failed.message() : "its content has just changed");
}

bool work_folder::is_mine() const {
  struct stat found {};
  return ::lstat((parent_ / marker_name).c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
         found.st_ino == marker_;
}

work_folder::~work_folder() {
  if (!is_mine()) return;  // the folder was replaced meanwhile
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  ::unlink((parent_ / marker_name).c_str());
  if (made_parent_) fs::remove(parent_, ignored);  // fails if other files were added
}

}  // namespace pawl::bench
