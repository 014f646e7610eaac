#include "cli/replace_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "cli/text.hpp"

namespace pawl::cli {
namespace {

int write_whole(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

}  // namespace

result<void> replace_file(const std::string& file, std::string_view content) {
  const auto failed = [&](int code) {
    return error{code == ENOENT ? errc::not_found : errc::io_failed,
                 "cannot write " + printable(file) + ": " + std::generic_category().message(code)};
  };
  std::error_code problem;
  const std::string target = std::filesystem::canonical(file, problem).string();
  if (problem) return failed(problem.value());
  struct stat old {};
  if (::stat(target.c_str(), &old) != 0) return failed(errno);
  std::string fresh = target + ".XXXXXX";
  const int fd = ::mkstemp(fresh.data());
  if (fd < 0) return failed(errno);
  int code = ::fchmod(fd, old.st_mode & 07777) == 0 ? write_whole(fd, content) : errno;
  if (::close(fd) != 0 && code == 0) code = errno;
  if (code == 0 && ::rename(fresh.c_str(), target.c_str()) != 0) code = errno;
  if (code == 0) return {};
  ::unlink(fresh.c_str());
  return failed(code);
}

}  // namespace pawl::cli
