// Replaces the system calls that change files, for this program and its shared libraries: a symbol
// of the program precedes those of libc. The test programs link it as an object, so it needs no
// LD_PRELOAD. Calls on files outside the watched folder go straight to the system.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "tests/power/disk.hpp"

using pawl::power::disk;

namespace {

unsigned mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, unsigned) : 0;
}

using fopen_function = std::FILE* (*)(const char*, const char*);

std::FILE* open_stream(const char* path, const char* mode) {
  static const auto next = reinterpret_cast<fopen_function>(::dlsym(RTLD_NEXT, "fopen"));
  // How another boot of the machine is simulated.
  if (disk::in_use && std::strcmp(path, "/proc/sys/kernel/random/boot_id") == 0) {
    if (const auto other = disk::instance().boot_file()) return next(other->c_str(), mode);
  }
  return next(path, mode);
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const unsigned mode = mode_of(flags, arguments);
  va_end(arguments);
  if (disk::in_use) return disk::instance().open(path, flags, mode);
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const unsigned mode = mode_of(flags, arguments);
  va_end(arguments);
  if (disk::in_use) return disk::instance().open(path, flags, mode);
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

int close(int fd) {
  if (disk::in_use) return disk::instance().close(fd);
  return static_cast<int>(::syscall(SYS_close, fd));
}

ssize_t write(int fd, const void* data, size_t size) {
  if (disk::in_use) return disk::instance().write(fd, data, size, std::nullopt);
  return ::syscall(SYS_write, fd, data, size);
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  if (disk::in_use) return disk::instance().write(fd, data, size, offset);
  return ::syscall(SYS_pwrite64, fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  if (disk::in_use) return disk::instance().write(fd, data, size, offset);
  return ::syscall(SYS_pwrite64, fd, data, size, offset);
}

int fsync(int fd) {
  if (disk::in_use) return disk::instance().sync(fd, false);
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

int fdatasync(int fd) {
  if (disk::in_use) return disk::instance().sync(fd, true);
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

int ftruncate(int fd, off_t size) noexcept {
  if (disk::in_use) return disk::instance().resize(fd, size);
  return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}

int ftruncate64(int fd, off64_t size) noexcept {
  if (disk::in_use) return disk::instance().resize(fd, size);
  return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}

int rename(const char* from, const char* to) noexcept {
  if (disk::in_use) return disk::instance().rename(from, to);
  return static_cast<int>(::syscall(SYS_rename, from, to));
}

int unlink(const char* path) noexcept {
  if (disk::in_use) return disk::instance().unlink(path);
  return static_cast<int>(::syscall(SYS_unlink, path));
}

std::FILE* fopen(const char* path, const char* mode) {
  return open_stream(path, mode);
}

std::FILE* fopen64(const char* path, const char* mode) {
  return open_stream(path, mode);
}

}  // extern "C"
