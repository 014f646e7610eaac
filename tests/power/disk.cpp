#include "tests/power/disk.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

namespace pawl::power {
namespace {

namespace fs = std::filesystem;

std::string contents_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

void apply_change(std::string& to, const file_change& change) {
  if (change.resize) {
    to.resize(change.offset, '\0');
    return;
  }
  const auto end = change.offset + change.data.size();
  if (to.size() < end) to.resize(end, '\0');
  to.replace(change.offset, change.data.size(), change.data);
}

constinit std::atomic<bool> disk::in_use{false};

disk& disk::instance() {
  static auto* const only = new disk;  // files are closed after the destructors of a program, too
  return *only;
}

void disk::watch(const fs::path& folder) {
  const std::lock_guard lock{mutex_};
  folder_ = folder.string() + "/";
  watching_ = true;
  in_use = true;
  state_ = {};
  names_.clear();
  handles_.clear();
  cuts_.clear();
  syncs_.clear();
  one_in_ = 0;
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (!entry.is_regular_file()) continue;
    state_.files[next_file_].durable = contents_of(entry.path());
    names_[entry.path().filename().string()] = next_file_++;
  }
  state_.names = names_;
}

std::vector<cut> disk::stop() {
  const std::lock_guard lock{mutex_};
  watching_ = false;
  handles_.clear();
  faults_.clear();
  acknowledged_ = nullptr;
  return std::exchange(cuts_, {});
}

void disk::make_cuts(std::uint64_t seed, std::uint64_t one_in, std::size_t most,
                     std::function<std::uint64_t()> acknowledged) {
  const std::lock_guard lock{mutex_};
  random_.seed(seed);
  one_in_ = one_in;
  most_cuts_ = most;
  acknowledged_ = std::move(acknowledged);
}

void disk::inject(std::vector<failing_call> faults) {
  const std::lock_guard lock{mutex_};
  faults_ = std::move(faults);
}

std::uint64_t disk::failed_calls() {
  const std::lock_guard lock{mutex_};
  return failed_calls_;
}

cut disk::now() {
  const std::lock_guard lock{mutex_};
  return copy();
}

std::uint64_t disk::syncs_of(const std::string& part) {
  const std::lock_guard lock{mutex_};
  std::uint64_t count = 0;
  for (const auto& [name, times] : syncs_)
    if (name.find(part) != std::string::npos) count += times;
  return count;
}

void disk::set_boot(std::optional<std::uint64_t> boot) {
  const std::lock_guard lock{mutex_};
  if (!boot) {
    boot_file_.reset();
    return;
  }
  const auto file = fs::temp_directory_path() / ("pawl-boot-" + std::to_string(::getpid()));
  std::FILE* const out = std::fopen(file.c_str(), "we");
  std::fprintf(out, "%016llx0000000000000000\n", static_cast<unsigned long long>(*boot));
  std::fclose(out);
  boot_file_ = file.string();
  in_use = true;
}

std::optional<std::string> disk::boot_file() {
  const std::lock_guard lock{mutex_};
  return boot_file_;
}

std::optional<std::string> disk::name_in_folder(const char* path) const {
  const std::string_view whole{path};
  if (!watching_ || !whole.starts_with(folder_)) return std::nullopt;
  auto name = std::string{whole.substr(folder_.size())};
  while (name.starts_with('/')) name.erase(0, 1);
  return name;
}

bool disk::fails(operation what) {
  for (auto& f : faults_) {
    if (f.what != what || f.failures == 0) continue;
    if (f.after > 0) {
      --f.after;
      continue;
    }
    --f.failures;
    ++failed_calls_;
    errno = f.number;
    return true;
  }
  return false;
}

cut disk::copy() const {
  cut made = state_;
  made.acknowledged = acknowledged_ ? acknowledged_() : 0;
  return made;
}

void disk::before_call() {
  if (one_in_ == 0 || cuts_.size() >= most_cuts_ || random_() % one_in_ != 0) return;
  cuts_.push_back(copy());
}

int disk::open(const char* path, int flags, unsigned mode) {
  const std::lock_guard lock{mutex_};
  const std::string_view whole{path};
  const bool is_folder =
      watching_ &&
      (whole == folder_ || whole == std::string_view{folder_}.substr(0, folder_.size() - 1));
  const auto name = name_in_folder(path);
  const bool writes = (flags & O_ACCMODE) != O_RDONLY;
  if (name && writes) {
    before_call();
    if (fails(operation::open)) return -1;
  }
  const int fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
  if (fd < 0) return fd;
  if (is_folder) handles_[fd] = {0, {}};
  if (!name || !writes) return fd;
  auto found = names_.find(*name);
  if (found == names_.end()) {
    found = names_.emplace(*name, next_file_++).first;
    state_.files[found->second];
    state_.pending.push_back({name_change::kind::create, {}, *name, found->second});
  } else if ((flags & O_TRUNC) != 0) {
    state_.files[found->second].pending.push_back({0, {}, true});
  }
  handles_[fd] = {found->second, *name};
  return fd;
}

int disk::close(int fd) {
  const std::lock_guard lock{mutex_};
  handles_.erase(fd);
  return static_cast<int>(::syscall(SYS_close, fd));
}

long disk::write(int fd, const void* data, std::size_t size, std::optional<std::int64_t> offset) {
  const auto call = [&](std::size_t count) {
    return offset ? ::syscall(SYS_pwrite64, fd, data, count, *offset)
                  : ::syscall(SYS_write, fd, data, count);
  };
  std::unique_lock lock{mutex_};
  const auto found = handles_.find(fd);
  if (found == handles_.end()) {
    lock.unlock();  // standard output and the like may block
    return call(size);
  }
  before_call();
  const bool failing = fails(operation::write);
  const int number = errno;
  if (failing && size < 2) return -1;
  // A failing write has written a part: the next call, for the rest, would fail.
  const long done = call(failing ? size / 2 : size);
  if (done > 0) {
    const auto end = offset ? *offset + done : ::lseek(fd, 0, SEEK_CUR);
    state_.files[found->second.file].pending.push_back(
        {static_cast<std::uint64_t>(end - done),
         {static_cast<const char*>(data), static_cast<std::size_t>(done)},
         false});
  }
  if (!failing) return done;
  errno = number;
  return -1;
}

int disk::sync(int fd, bool data_only) {
  std::unique_lock lock{mutex_};
  const auto found = handles_.find(fd);
  if (found == handles_.end()) {
    lock.unlock();
    return static_cast<int>(::syscall(data_only ? SYS_fdatasync : SYS_fsync, fd));
  }
  const handle of = found->second;
  before_call();
  if (fails(operation::sync)) return -1;
  if (of.file == 0) {
    state_.names = names_;
    state_.pending.clear();
  } else {
    auto& file = state_.files[of.file];
    const std::uint64_t upto = file.synced + file.pending.size();
    // The power may fail, and others may write, before the sync is done.
    lock.unlock();
    lock.lock();
    before_call();
    auto& now = state_.files[of.file];
    if (now.synced < upto) {  // otherwise another sync has done it
      const auto count = static_cast<std::ptrdiff_t>(upto - now.synced);
      const auto end = now.pending.begin() + count;
      for (auto change = now.pending.begin(); change != end; ++change)
        apply_change(now.durable, *change);
      now.pending.erase(now.pending.begin(), end);
      now.synced = upto;
    }
  }
  ++syncs_[of.name];
  return 0;
}

int disk::resize(int fd, std::int64_t size) {
  const std::lock_guard lock{mutex_};
  const int done = static_cast<int>(::syscall(SYS_ftruncate, fd, size));
  const auto found = handles_.find(fd);
  if (done == 0 && found != handles_.end()) {
    state_.files[found->second.file].pending.push_back(
        {static_cast<std::uint64_t>(size), {}, true});
  }
  return done;
}

int disk::rename(const char* from, const char* to) {
  const std::lock_guard lock{mutex_};
  const auto before = name_in_folder(from), after = name_in_folder(to);
  if (before && after) {
    before_call();
    if (fails(operation::rename)) return -1;
  }
  const int done = static_cast<int>(::syscall(SYS_rename, from, to));
  if (done != 0 || !before || !after) return done;
  const auto found = names_.find(*before);
  if (found == names_.end()) return done;
  const int file = found->second;
  names_.erase(found);
  names_[*after] = file;
  state_.pending.push_back({name_change::kind::rename, *before, *after, file});
  return done;
}

int disk::unlink(const char* path) {
  const std::lock_guard lock{mutex_};
  const auto name = name_in_folder(path);
  if (name) before_call();
  const int done = static_cast<int>(::syscall(SYS_unlink, path));
  if (done != 0 || !name) return done;
  const auto found = names_.find(*name);
  if (found == names_.end()) return done;
  state_.pending.push_back({name_change::kind::unlink, *name, {}, found->second});
  names_.erase(found);
  return done;
}

}  // namespace pawl::power
